"""Whether a run's checks count: an outage is told from single removals."""

import pytest

from archive.standing import Condition
from archive.verdicts import Found, Lists, judge

GOOD, GONE, BLOCKED, UNCLEAR = Condition.GOOD, Condition.GONE, Condition.BLOCKED, Condition.UNCLEAR
KEY = ("2026-11-01T18:00:00Z", 3)


def found(good: int, bad: int, how: Condition = GONE) -> list[Found]:
    return [Found(GOOD, GOOD)] * good + [Found(GOOD, how)] * bad


@pytest.mark.parametrize(
    ("answers", "known_good", "failing", "discounted"),
    [
        ([], 0, 0, False),
        (found(0, 1), 1, 1, False),  # a single article asked for by hand
        (found(0, 2), 2, 2, True),
        (found(2, 1), 3, 1, False),
        (found(1, 2), 3, 2, True),
        (found(4, 2), 6, 2, True),
        (found(5, 2), 7, 2, False),  # two of a handful are no outage
        (found(0, 3), 3, 3, True),
        (found(1, 3), 4, 3, True),
        (found(12, 3), 15, 3, True),
        (found(13, 3), 16, 3, False),
        (found(70, 6), 76, 6, False),
        (found(40, 40), 80, 40, True),
        (found(60, 20, UNCLEAR), 80, 20, True),  # answered 503, or not at all
        (found(60, 20, BLOCKED), 80, 20, True),
        ([Found(GONE, GONE)] * 30 + found(5, 1), 6, 1, False),  # what was gone before says nothing of tonight
        ([Found(None, GONE)] * 30 + found(5, 1), 6, 1, False),  # nor what was never seen
    ],
)
def test_a_share_of_the_known_good_failing_discounts_a_run(
    answers: list[Found], known_good: int, failing: int, discounted: bool
) -> None:
    verdict = judge(KEY, answers)
    assert (verdict.run_id, verdict.began_at) == (3, KEY[0])
    assert (verdict.known_good, verdict.failing, verdict.discounted) == (known_good, failing, discounted)


@pytest.mark.parametrize(
    ("lists", "discounted"),
    [
        (Lists(0, 0, 0, 0), False),  # none had ever answered
        (Lists(16, 0, 16, 0), False),
        (Lists(16, 7, 16, 7), False),
        (Lists(16, 8, 16, 8), True),
        (Lists(16, 16, 16, 16), True),
        (Lists(16, 8, 8, 0), False),  # given up weeks ago, the others answer
        (Lists(16, 16, 0, 0), True),  # none has answered for weeks: an outage as long as it lasts
    ],
)
def test_lists_that_fail_discount_a_run_however_few_articles_were_due(lists: Lists, discounted: bool) -> None:
    assert judge(KEY, found(0, 1), lists).discounted is discounted


@pytest.mark.parametrize(
    ("good", "given_up", "discounted"), [(3, 2, False), (0, 2, True), (0, 1, False), (1, 30, False)]
)
def test_what_was_given_up_counts_as_long_as_others_answer_well(good: int, given_up: int, discounted: bool) -> None:
    answers = found(good, 0) + [Found(GONE, GONE, given_up=True)] * given_up
    assert judge(KEY, answers).discounted is discounted
