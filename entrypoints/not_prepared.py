"""The refusal of a command whose ground is not ready, apart from what makes it ready: every command
can be refused so, and few import a database for it."""


class NotPrepared(Exception):
    """One line that says what is missing and what to do."""
