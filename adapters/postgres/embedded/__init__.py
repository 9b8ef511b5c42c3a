"""A real PostgreSQL from a wheel, shared by every tessera process on one data directory."""
