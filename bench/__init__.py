"""How fast the service is, beside a floor of what the same tools can do at best."""
