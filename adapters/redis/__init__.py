"""What several processes share by Redis, and can do without."""
