"""Accounts over HTTP: one's own, and anyone's."""
