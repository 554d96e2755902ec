"""Whether a run's checks count: an outage is told from single removals."""

import pytest

from archive.standing import Condition
from archive.verdicts import judge

GOOD, GONE, BLOCKED, UNCLEAR = Condition.GOOD, Condition.GONE, Condition.BLOCKED, Condition.UNCLEAR
KEY = ("2026-11-01T18:00:00Z", 3)


def found(good: int, bad: int, how: Condition = GONE) -> list[tuple[Condition | None, Condition]]:
    answers: list[tuple[Condition | None, Condition]] = [(GOOD, GOOD)] * good
    return answers + [(GOOD, how)] * bad


@pytest.mark.parametrize(
    ("answers", "known_good", "failing", "discounted"),
    [
        ([], 0, 0, False),
        (found(0, 1), 1, 1, False),  # a single article asked for by hand
        (found(0, 2), 2, 2, True),
        (found(2, 1), 3, 1, False),
        (found(1, 2), 3, 2, False),  # two of a few prove neither
        (found(0, 3), 3, 3, True),
        (found(1, 3), 4, 3, True),
        (found(12, 3), 15, 3, True),
        (found(13, 3), 16, 3, False),
        (found(70, 6), 76, 6, False),
        (found(40, 40), 80, 40, True),
        (found(60, 20, UNCLEAR), 80, 20, True),  # answered 503, or not at all
        (found(60, 20, BLOCKED), 80, 20, True),
        ([(GONE, GONE)] * 30 + found(5, 1), 6, 1, False),  # what was gone before says nothing of tonight
        ([(None, GONE)] * 30 + found(5, 1), 6, 1, False),  # nor what was never seen
    ],
)
def test_a_share_of_the_known_good_failing_discounts_a_run(
    answers: list[tuple[Condition | None, Condition]], known_good: int, failing: int, discounted: bool
) -> None:
    verdict = judge(KEY, answers)
    assert (verdict.run_id, verdict.began_at) == (3, KEY[0])
    assert (verdict.known_good, verdict.failing, verdict.discounted) == (known_good, failing, discounted)
