"""What a person is told when the embedded PostgreSQL cannot be had."""


class EmbeddedPostgresError(Exception):
    """One line that says what is wrong and what to do; nobody needs the traceback."""


def last_complaint(output: str) -> str:
    """The line that matters among what a PostgreSQL program wrote: its last error, else its last
    words."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for severity in ("PANIC:", "FATAL:", "ERROR:", "error:"):
        for line in reversed(lines):
            if severity in line:
                return line.partition(severity)[2].strip()
    return lines[-1] if lines else "it said nothing"
