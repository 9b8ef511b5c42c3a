"""Every port in memory: for tests, and for what the service need not keep."""
