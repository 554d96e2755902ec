"""When a known article is due: often at first, ever more rarely later, never never."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.times import stamp
from crawler.revisits import Known, is_due

START = datetime(2026, 1, 6, 18, 30, tzinfo=UTC)
DAYS = st.integers(0, 4000)


def known(unchanged_days: float) -> Known:
    """An article last checked at START, then unchanged for so many days."""
    return Known(7, "u", stamp(START - timedelta(days=unchanged_days)), stamp(START))


@pytest.mark.parametrize(
    ("unchanged_days", "days_since", "due"),
    [
        (0, 0, True),
        (0, 1, True),
        (1, 1, True),
        (10, 1, True),
        (365, 1, False),
        (365, 30, False),
        (365, 60, True),
        (3650, 365, True),
    ],
)
def test_the_policy(unchanged_days: float, days_since: float, due: bool) -> None:
    assert is_due(known(unchanged_days), stamp(START + timedelta(days=days_since))) is due


@settings(deadline=None, max_examples=100)
@given(DAYS, DAYS, DAYS)
def test_what_is_due_stays_due(unchanged: int, since: int, more: int) -> None:
    if is_due(known(unchanged), stamp(START + timedelta(days=since))):
        assert is_due(known(unchanged), stamp(START + timedelta(days=since + more)))


@settings(deadline=None, max_examples=100)
@given(DAYS, DAYS, DAYS)
def test_what_has_stood_longer_is_not_asked_sooner(unchanged: int, more: int, since: int) -> None:
    at = stamp(START + timedelta(days=since))
    if is_due(known(unchanged + more), at):
        assert is_due(known(unchanged), at)


@settings(deadline=None, max_examples=100)
@given(DAYS)
def test_every_article_comes_up_again(unchanged: int) -> None:
    assert is_due(known(unchanged), stamp(START + timedelta(days=unchanged + 1)))


@pytest.mark.parametrize(
    ("status", "hours", "due"),
    [
        ("live", 24, False),
        ("missing", 24, True),
        ("missing", 12, True),
        ("missing", 11, False),
        ("blocked", 24, True),
        ("removed", 24, False),
        ("returned", 24, False),
        (None, 24, False),
    ],
)
def test_an_article_in_doubt_is_asked_every_night(status: str | None, hours: float, due: bool) -> None:
    """However long it had stood unchanged: three checks over two days must come together."""
    doubtful = replace(known(365), status=status)
    assert is_due(doubtful, stamp(START + timedelta(hours=hours))) is due
