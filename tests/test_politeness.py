"""One pace over both hosts: never faster than told, slower when told so, recovering."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.politeness import MOST_BACKOFF, Pace, retry_after

NOW = datetime(2026, 1, 6, 6, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("Tue, 06 Jan 2026 06:47:00 GMT", 120.0),
        ("Tue, 06 Jan 2026 15:47:00 +0900", 120.0),
        ("Tue, 06 Jan 2026 06:47:00 -0000", 120.0),
        ("Tue, 06 Jan 2026 06:00:00 GMT", 0.0),
        ("Tuesday, 06-Jan-26 06:47:00 GMT", 120.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("Tue, 40 Jan 2026 06:47:00 GMT", None),
        (None, None),
    ],
)
def test_retry_after_in_both_forms(value: str | None, expected: float | None) -> None:
    assert retry_after(value, NOW) == expected


@settings(deadline=None, max_examples=300)
@given(
    st.text(max_size=40)
    | st.text("0123456789", max_size=400)
    | st.datetimes().map(lambda d: format_datetime(d.replace(tzinfo=UTC)))
)
def test_no_header_makes_it_fail_or_negative(value: str) -> None:
    found = retry_after(value, NOW)
    assert found is None or found >= 0


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("delay", "crawl_delay", "expected"),
    [(2.0, None, 2.0), (2.0, 10.0, 10.0), (2.0, 1.0, 2.0), (0.0, None, 0.0), (0.0, 3.0, 3.0)],
)
def test_the_delay_is_never_less_than_a_crawl_delay(delay: float, crawl_delay: float | None, expected: float) -> None:
    time = Time()
    pace = Pace(delay, time)
    assert pace.wait() == 0.0
    pace.heed(crawl_delay)
    pace.asked()
    assert pace.wait() == pytest.approx(expected)
    time.now += expected
    assert pace.wait() == 0.0


def test_a_second_host_without_a_crawl_delay_does_not_lift_the_first_ones() -> None:
    pace = Pace(2.0, Time())
    pace.heed(10.0)
    pace.heed(None)
    pace.heed(1.0)
    assert pace.interval == 10.0


def test_it_doubles_and_recovers() -> None:
    pace = Pace(2.0, Time())
    seen = []
    for _ in range(4):
        pace.too_fast(None)
        seen.append(pace.interval)
    assert seen == [4.0, 8.0, 16.0, 32.0]
    falling = []
    for _ in range(8):
        pace.well_received()
        falling.append(pace.interval)
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == 2.0


def test_without_a_delay_it_still_slows_down_and_comes_back_to_none() -> None:
    pace = Pace(0.0, Time())
    pace.too_fast(None)
    assert pace.wait() > 0
    for _ in range(8):
        pace.well_received()
    assert pace.interval == 0.0


def test_the_doubling_has_an_end() -> None:
    pace = Pace(2.0, Time())
    for _ in range(100):
        pace.too_fast(None)
    assert pace.interval == MOST_BACKOFF


@pytest.mark.parametrize("asked_for", [0.0, 1.0, 5.0, 60.0, 3600.0])
@pytest.mark.parametrize("crawl_delay", [None, 10.0])
def test_after_a_rest_was_asked_for_nothing_is_faster_than_it_or_than_the_rules(
    asked_for: float, crawl_delay: float | None
) -> None:
    pace = Pace(2.0, Time())
    pace.heed(crawl_delay)
    pace.asked()
    pace.too_fast(asked_for)
    assert pace.wait() >= max(asked_for, 2.0, crawl_delay or 0.0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["good", "429", "pause"]), st.none() | st.floats(0, 100), st.floats(0, 50)), max_size=30
)


@settings(deadline=None, max_examples=200)
@given(st.floats(0, 20), st.none() | st.floats(0, 30), STEPS)
def test_whatever_happens_the_gap_is_never_smaller_than_asked(
    delay: float, crawl_delay: float | None, steps: list[tuple[str, float | None, float]]
) -> None:
    time = Time()
    pace = Pace(delay, time)
    pace.heed(crawl_delay)
    for kind, rest, seconds in steps:
        time.now += pace.wait()
        pace.asked()
        if kind == "429":
            pace.too_fast(rest)
        elif kind == "good":
            pace.well_received()
        least = max(delay, crawl_delay or 0.0, (rest or 0.0) if kind == "429" else 0.0)
        assert pace.wait() >= least * (1 - 1e-9) - 1e-6
        time.now += min(seconds, pace.wait())


def test_a_date_is_counted_from_now() -> None:
    later = NOW + timedelta(seconds=90)
    assert retry_after(format_datetime(later, usegmt=True), NOW) == 90.0
