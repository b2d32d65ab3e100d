"""Data by COPY, thin references, and the figures of the foundation: `make bench`, `make bench-data`."""
