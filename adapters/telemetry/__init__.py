"""What is measured of the running service, and told to those who watch it."""
