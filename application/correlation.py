"""Which request something is done for: so that all it led to can be found by it, in this process or
in another, now or later. Nothing is ever decided by it."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

trace_parent: ContextVar[str | None] = ContextVar("trace_parent", default=None)
"""What is being done, as a trace names it to whatever it leads to (W3C Trace Context §3.2). None
where there are no traces."""
