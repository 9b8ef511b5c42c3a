"""Jobs that come by a broker, run by Celery: an id becomes a use case."""
