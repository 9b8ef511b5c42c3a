"""How much may be kept, and how long it may take."""

import attrs


@attrs.frozen(kw_only=True)
class AttachmentLimits:
    """Sizes in bytes, durations in seconds."""

    one_file: int = 25 * 1024 * 1024
    all_of_one_owner: int = 1024 * 1024 * 1024
    duration: float = 3600
    """Of an upload or a download; well under `sweep_blobs.GRACE`."""
    silence: float = 30
    """In which the client must send, or take, the next piece."""
