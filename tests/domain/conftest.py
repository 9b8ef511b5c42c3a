"""Generated examples are slower on a busy machine, and no less right."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
