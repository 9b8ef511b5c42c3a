"""Readers of what was read lately, in front of those that ask the database."""
