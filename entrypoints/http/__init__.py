"""REST over FastAPI: a body becomes a command, a result becomes an answer."""
