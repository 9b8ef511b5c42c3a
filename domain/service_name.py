"""What this service is called."""

TITLE = "Tessera"
"""By people."""
NAME = "tessera"
"""By machines: the command, the distribution, the database, and what is kept under a name."""
IDENTIFIER = NAME.replace("-", "_")
"""Where a hyphen would mean something."""
