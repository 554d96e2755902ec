"""Where an article stands: what counts as gone, what confirms it, and what never does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import FetchOutcome, RefusalReason
from archive.standing import Check, Condition, Presence, Status, Tombstone, condition, leads_to_another
from archive.times import stamp

START = datetime(2026, 11, 1, 18, tzinfo=UTC)


def at(hours: float) -> str:
    return stamp(START + timedelta(hours=hours))


def check(hours: float, found: Condition = Condition.GONE, counts: bool = True, redirect: str | None = None) -> Check:
    return Check(at(hours), found, counts, 404, None, redirect, "answered 404")


def played(*checks: Check) -> Presence:
    presence = Presence()
    last_good = at(-1)
    for one in checks:
        if one.condition is Condition.GOOD:
            presence.good(one.at)
            last_good = one.at
        else:
            presence.bad(one, "7@abc", last_good)
    return presence


def hourly(*hours: float) -> list[Check]:
    return [check(hour) for hour in hours]


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        ([], "live"),
        (hourly(0), "missing"),
        (hourly(0, 48), "missing"),  # two checks, however far apart
        (hourly(0, 24 * 90), "missing"),
        (hourly(0, 1, 2, 3, 4, 5), "missing"),  # many checks on one day
        (hourly(0, 24, 47.9), "missing"),
        (hourly(0, 24, 48), "removed"),
        (hourly(0, 1, 48), "removed"),
        (hourly(0, 47, 48), "removed"),
        ([*hourly(0, 24), check(36, Condition.GOOD), *hourly(48)], "missing"),  # a good one between begins anew
        ([*hourly(0, 24), check(36, Condition.GOOD), *hourly(48, 72, 96)], "removed"),
        ([*hourly(0, 24), check(36, Condition.GOOD)], "live"),
        ([*hourly(0, 24, 48), check(72, Condition.GOOD)], "returned"),
        ([*hourly(0, 24, 48), check(72, Condition.GOOD), *hourly(96)], "missing"),
        ([*hourly(0, 24, 48), check(72, Condition.GOOD), check(96), check(97, Condition.GOOD)], "returned"),
        ([*hourly(0, 24, 48), check(72, Condition.GOOD), *hourly(96, 120, 144)], "removed"),
        # what is never evidence
        ([check(h, Condition.UNCLEAR) for h in (0, 24, 48, 72)], "live"),
        ([check(h, Condition.BLOCKED) for h in (0, 24, 48, 72)], "blocked"),
        ([check(h, counts=False) for h in (0, 24, 48, 72)], "live"),
        ([*hourly(0, 24), check(48, counts=False)], "missing"),
        ([*hourly(0, 24), check(48, Condition.UNCLEAR)], "missing"),
        ([*hourly(0, 24), check(48, Condition.BLOCKED)], "missing"),
        ([check(0), check(24, counts=False), check(48)], "missing"),
        ([check(0), check(24, Condition.UNCLEAR), *hourly(30, 48)], "removed"),  # neither for nor against
        ([*hourly(0, 24, 48), check(72, Condition.BLOCKED), check(73, Condition.UNCLEAR)], "removed"),
        # blocked
        ([check(0, Condition.BLOCKED), check(24, Condition.GOOD)], "live"),
        ([check(0, Condition.BLOCKED), check(24)], "missing"),
        ([*hourly(0, 24, 48), check(72, Condition.GOOD), check(96, Condition.BLOCKED)], "blocked"),
        (
            [*hourly(0, 24, 48), check(72, Condition.GOOD), check(96, Condition.BLOCKED), check(99, Condition.GOOD)],
            "returned",
        ),
        # moved
        ([check(0, Condition.MOVED)], "moved"),
        ([check(0, Condition.MOVED, counts=False)], "live"),
        ([check(0, Condition.MOVED), check(24, Condition.GOOD)], "live"),
        ([check(0), check(24, Condition.MOVED)], "moved"),
        ([check(0, Condition.MOVED), *hourly(24)], "missing"),
        ([check(0, Condition.MOVED), *hourly(24, 48)], "removed"),
        ([*(check(h, Condition.MOVED) for h in (0, 24, 48)), check(72, Condition.GOOD)], "returned"),
        # the same moment twice is one check
        ([check(0), check(0), check(48)], "missing"),
    ],
)
def test_where_an_article_stands(checks: list[Check], status: str) -> None:
    assert played(*checks).status == status


def test_a_tombstone_keeps_the_last_good_version_and_the_evidence() -> None:
    (stone,) = played(*hourly(0, 24, 48, 72, 96), check(120, Condition.GOOD)).tombstones
    assert (stone.version_id, stone.last_seen_at, stone.number) == ("7@abc", at(-1), 1)
    assert (stone.confirmed_at, stone.returned_at, stone.checks) == (at(48), at(120), 5)
    assert [proof.at for proof in stone.evidence] == [
        at(0),
        at(24),
        at(48),
        at(96),
    ]  # the confirming ones and the newest
    assert stone.status is Status.RETURNED


def test_each_disappearance_has_a_tombstone_of_its_own() -> None:
    stones = played(*hourly(0, 24, 48), check(72, Condition.GOOD), *hourly(96, 120, 144)).tombstones
    assert [(s.number, s.status, s.last_seen_at) for s in stones] == [
        (1, "returned", at(-1)),
        (2, "removed", at(72)),
    ]


def test_where_it_moved_to() -> None:
    target = "https://www.hani.co.kr/arti/english_edition/e_national/9.html"
    (stone,) = played(check(0, Condition.MOVED, redirect=target)).tombstones
    assert stone.moved_to == target
    (stone,) = played(check(0, Condition.MOVED, redirect=target), check(24)).tombstones
    assert stone.moved_to is None


@pytest.mark.parametrize(
    ("outcome", "readable", "reason", "elsewhere", "expected"),
    [
        (FetchOutcome.OK, True, None, False, "good"),
        (FetchOutcome.NOT_MODIFIED, True, None, False, "good"),
        (FetchOutcome.GONE, False, None, False, "gone"),
        (FetchOutcome.GONE, False, None, True, "moved"),
        (FetchOutcome.OK, False, RefusalReason.DELETED, False, "gone"),
        (FetchOutcome.OK, False, RefusalReason.OTHER_ARTICLE, False, "moved"),
        (FetchOutcome.OK, False, RefusalReason.BOT_CHECK, False, "blocked"),
        (FetchOutcome.BLOCKED, False, None, False, "blocked"),
        (FetchOutcome.FAILED, False, None, False, "unclear"),
        (FetchOutcome.ROBOTS, False, None, False, "unclear"),
        (FetchOutcome.OFF_SITE, False, None, False, "unclear"),
        (FetchOutcome.OK, False, RefusalReason.NO_BODY, False, "unclear"),
        (FetchOutcome.OK, False, RefusalReason.FRONT_PAGE, False, "unclear"),
        (FetchOutcome.OK, False, RefusalReason.PAYWALL, False, "unclear"),
        (FetchOutcome.OK, False, RefusalReason.EMPTY, False, "unclear"),
    ],
)
def test_what_an_answer_says(
    outcome: FetchOutcome, readable: bool, reason: RefusalReason | None, elsewhere: bool, expected: str
) -> None:
    assert condition(outcome, readable, reason, elsewhere) == expected


@pytest.mark.parametrize(
    ("redirect", "expected"),
    [
        (None, False),
        ("https://www.hani.co.kr/", False),
        ("https://www.hani.co.kr/arti/english_edition/", False),
        ("https://www.hani.co.kr/arti/english_edition/e_national/7.html", False),
        ("https://www.hani.co.kr/arti/english_edition/e_national/8.html", True),
        ("https://www.hani.co.kr/arti/politics/diplomacy/8.html?x=1", True),
        ("https://www.hani.co.kr/arti/politics/" + "a/" * 100_000 + "8.html", False),
    ],
)
def test_a_redirect_to_another_article(redirect: str | None, expected: bool) -> None:
    assert leads_to_another(7, redirect) is expected


CHECKS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(Condition), st.booleans()).map(
        lambda drawn: check(6 * drawn[0], drawn[1], drawn[2])
    ),
    max_size=25,
).map(lambda checks: sorted(checks, key=lambda one: one.at))


@given(CHECKS)
def test_no_removal_without_three_counting_checks_over_two_days(checks: list[Check]) -> None:
    """Counted anew from the checks alone, whatever the fold did."""
    presence = played(*checks)
    confirmed: list[Tombstone] = [stone for stone in presence.tombstones if stone.confirmed_at]
    for stone in confirmed:
        since = max([c.at for c in checks if c.condition is Condition.GOOD and c.at <= stone.last_seen_at], default="")
        proof = {
            c.at
            for c in checks
            if since <= c.at <= (stone.confirmed_at or "")
            and c.counts
            and c.condition in (Condition.GONE, Condition.MOVED)
        }
        assert len(proof) >= 3
        assert datetime.fromisoformat(max(proof)) - datetime.fromisoformat(min(proof)) >= timedelta(days=2)
    if presence.status in (Status.REMOVED, Status.RETURNED):
        assert confirmed
    if presence.status is Status.MISSING:
        assert checks[-1].condition is not Condition.GOOD
