"""Use cases: a command and the handler that carries it out, and the ports it needs."""
