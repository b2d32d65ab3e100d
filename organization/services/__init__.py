"""Changes to the organization: founding it, who works where, how accounts begin and end."""
