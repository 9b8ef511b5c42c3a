"""The command line: words become a command, a result becomes a table or JSON."""
