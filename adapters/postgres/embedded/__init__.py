"""A real PostgreSQL from a wheel, shared by all of our processes on one data directory."""
