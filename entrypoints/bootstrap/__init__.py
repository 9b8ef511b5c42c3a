"""The composition root: the only place where a port meets its adapter."""
