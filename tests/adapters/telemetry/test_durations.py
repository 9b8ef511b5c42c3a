"""Into which buckets it goes how long something took."""

from adapters.telemetry.durations import Tally


def test_each_bucket_has_all_that_took_no_longer() -> None:
    tally = Tally((0.1, 0.5))
    for seconds in (0.05, 0.1, 0.3, 2.0):
        tally.took(seconds)

    assert tally.buckets() == [("0.1", 2), ("0.5", 3), ("+Inf", 4)]
    assert tally.sum == 2.45
