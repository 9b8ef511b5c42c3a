"""Work that outlives the request that asked for it."""

from typing import NewType
from uuid import UUID

JobId = NewType("JobId", UUID)
