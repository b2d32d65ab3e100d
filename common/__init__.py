"""What every app needs and no app owns: ids, clock, encrypted field, events, domain errors; no models."""
