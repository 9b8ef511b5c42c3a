"""Sign-in, sessions and credentials over HTTP."""
