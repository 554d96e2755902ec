"""What is asked again, and when: often at first, ever more rarely later, never never, within a budget."""

from dataclasses import replace
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.revisits import (
    DAY,
    HOUR,
    MAX_INTERVAL,
    POLICIES,
    Known,
    allowance,
    choose,
    hazard,
    is_due,
    seconds,
    share_by,
)

START = seconds("2026-01-06T18:30:00Z")
DAYS = st.integers(0, 4000)
AGES = st.floats(0, 4000 * DAY)


def known(unchanged_days: float, number: int = 7) -> Known:
    """An article last checked at START, found when it was posted and unchanged for so many days."""
    posted = START - unchanged_days * DAY
    return Known(number, "u", posted, posted, posted, START)


@st.composite
def articles(draw: st.DrawFn) -> Known:
    posted, found, changed, checked = sorted(draw(st.tuples(AGES, AGES, AGES, AGES)))
    status = draw(st.sampled_from([None, "live", "missing", "blocked", "removed", "returned", "moved"]))
    edits, in_feed = draw(st.integers(0, 30)), draw(st.booleans())
    return Known(draw(st.integers(1, 50)), "u", posted, found, changed, checked, edits, edits + 1, status, in_feed)


def test_a_stored_moment_is_seconds_since_1970() -> None:
    assert seconds("1970-01-02T00:00:01Z") == 86401


# --- when an article is due ---


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
        (3650, 100, False),
        (3650, 360, True),
        (7300, 360, True),  # never left alone for longer, though a tenth of the time would be two years
    ],
)
def test_the_policy(unchanged_days: float, days_since: float, due: bool) -> None:
    assert is_due(known(unchanged_days), START + days_since * DAY) is due


def test_runs_every_twenty_minutes_ask_todays_article_each_time_and_last_weeks_hardly() -> None:
    assert is_due(known(2 / 24), START + 20 * 60)
    assert not is_due(known(7), START + 20 * 60)
    assert not is_due(known(7), START + 3 * HOUR)
    assert is_due(known(7), START + 17 * HOUR)


@settings(deadline=None, max_examples=100)
@given(DAYS, DAYS, DAYS)
def test_what_is_due_stays_due(unchanged: int, since: int, more: int) -> None:
    if is_due(known(unchanged), START + since * DAY):
        assert is_due(known(unchanged), START + (since + more) * DAY)


@settings(deadline=None, max_examples=100)
@given(DAYS, DAYS, DAYS)
def test_what_has_stood_longer_is_not_asked_sooner(unchanged: int, more: int, since: int) -> None:
    if is_due(known(unchanged + more), START + since * DAY):
        assert is_due(known(unchanged), START + since * DAY)


@settings(deadline=None, max_examples=200)
@given(articles())
def test_every_article_comes_up_again(one: Known) -> None:
    assert is_due(one, one.last_checked + MAX_INTERVAL)


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
@pytest.mark.parametrize("policy", ["hazard", "newsdiffs", "g0v", "feed"])
def test_an_article_in_doubt_is_asked_every_night(status: str | None, hours: float, due: bool, policy: str) -> None:
    """However long it had stood unchanged, whatever the policy: three checks over two days must come together."""
    doubtful = replace(known(365), status=status)
    assert is_due(doubtful, START + hours * HOUR, policy) is due


# --- how likely an edit is ---


def test_the_law_of_ages_has_the_studies_figures() -> None:
    assert share_by(DAY) / share_by(7 * DAY) == pytest.approx(0.83, abs=0.01)  # GDELT: 0.81 to 0.85
    fresh = known(0)
    assert 1 - exp(-hazard(fresh, START + DAY)) == pytest.approx(
        0.35, abs=0.005
    )  # "News in motion": 35% on the first day


def test_the_hazard_by_hand() -> None:
    # share_by(1 h) = 1 - 2 ** -0.4 = 0.2421; 0.5 * ln(1 + 0.94 * 0.2421 / 0.5) = 0.5 * ln(1.4552)
    assert hazard(known(0), START + HOUR) == pytest.approx(0.1876, abs=1e-4)
    assert hazard(known(0), START) == 0
    # From the third to the fourth day: 73 ** -0.4 - 97 ** -0.4 = 0.0193; ln(1 + 0.94 * 0.0193 / 1.271) = 0.0142,
    # times 0.5; after four edits times 4.5, and 0.2 * 0.0193 for what they beget.
    assert hazard(known(3), START + DAY) == pytest.approx(0.0071, abs=1e-4)
    assert hazard(replace(known(3), edits=4), START + DAY) == pytest.approx(0.0676, abs=5e-4)


@settings(deadline=None, max_examples=200)
@given(articles(), AGES, AGES)
def test_the_longer_unasked_the_likelier_an_edit(one: Known, wait: float, more: float) -> None:
    now = one.last_checked + wait
    assert 0 <= hazard(one, now) <= hazard(one, now + more) + 1e-12


@settings(deadline=None, max_examples=200)
@given(articles(), AGES)
def test_an_article_with_more_edits_is_likelier_to_have_another(one: Known, wait: float) -> None:
    now = one.last_checked + wait
    assert hazard(one, now) <= hazard(replace(one, edits=one.edits + 1), now)


# --- what a run asks ---


@settings(deadline=None, max_examples=200)
@given(st.lists(articles(), max_size=20), AGES, st.sampled_from(POLICIES), st.integers(0, 25))
def test_no_more_than_the_budget_but_for_those_in_doubt_which_come_first(
    some: list[Known], now: float, policy: str, budget: int
) -> None:
    everyone, chosen = choose(some, now, policy), choose(some, now, policy, budget)
    doubtful = [one for one in everyone if one.status in ("missing", "blocked") and now - one.last_checked >= 12 * HOUR]
    assert chosen == everyone[: len(chosen)]
    assert len(chosen) == min(len(everyone), max(budget, len(doubtful)))
    assert sorted(chosen[: len(doubtful)], key=id) == sorted(doubtful, key=id)


def test_the_budget_does_not_cut_what_is_in_doubt() -> None:
    doubtful = [replace(known(100, number), status="missing") for number in (1, 2, 3)]
    assert choose([known(0, 4), *doubtful], START + DAY, budget=1) == doubtful
    assert choose([known(0, 4), *doubtful], START + DAY, budget=4) == [*doubtful, known(0, 4)]


def test_the_likeliest_edit_comes_first() -> None:
    quiet, edited, fresh, old = (
        known(3, 1),
        replace(known(3, 2), edits=4),
        known(0.1, 3),
        known(200, 4),
    )
    chosen = choose([quiet, old, edited, fresh], START + DAY, "everything")
    # By hand, the chances of the coming day: 0.15, 0.07, 0.01, and next to none.
    assert [one.article_id for one in chosen] == [3, 2, 1, 4]
    assert choose([quiet, old, edited, fresh], START + DAY, "everything", 2) == [fresh, edited]


def test_of_equals_the_one_checked_less_often_comes_first() -> None:
    often = replace(known(3, 1), checks=9)
    assert [one.article_id for one in choose([often, known(3, 2)], START + DAY)] == [2, 1]


def test_every_fourth_place_is_for_what_was_left_alone() -> None:
    now = START + MAX_INTERVAL
    forgotten = [known(4000, number) for number in (1, 2)]
    fresh = [replace(known(0, number), last_checked=now - DAY, posted_at=now - DAY) for number in range(3, 9)]
    chosen = [one.article_id for one in choose([*fresh, *forgotten], now)]
    assert [place for place, number in enumerate(chosen) if number < 3] == [0, 4]
    assert choose([*fresh, *forgotten], now, budget=1) == [forgotten[0]]


def test_nothing_is_forgotten_while_news_takes_the_budget() -> None:
    """Two a night, five new articles every day: each of eight old ones is still asked within the year and a week."""
    old = {number: known(3000, number) for number in range(8)}
    longest = dict.fromkeys(old, 0.0)
    for night in range(1, 1100):
        now = START + night * DAY
        fresh = [Known(100 + n, "u", now - DAY, now - DAY, now - DAY, now - DAY / 2) for n in range(5)]
        for one in choose([*fresh, *old.values()], now, budget=2):
            if one.article_id in old:
                longest[one.article_id] = max(longest[one.article_id], now - one.last_checked)
                old[one.article_id] = replace(one, last_checked=now, checks=one.checks + 1)
    assert all(360 * DAY <= gap <= 368 * DAY for gap in longest.values())


# --- the rivals ---


@pytest.mark.parametrize(
    ("since_change", "delay"),
    [(2 * HOUR, 15 * 60), (5 * HOUR, HOUR), (3 * DAY, 3 * HOUR), (20 * DAY, 3 * DAY), (200 * DAY, 30 * DAY)],
)
def test_newsdiffs_goes_by_the_time_since_the_last_change(since_change: float, delay: float) -> None:
    one = Known(7, "u", START - 1000 * DAY, START - 1000 * DAY, START - since_change, START - delay)
    assert is_due(one, START, "newsdiffs")
    assert not is_due(replace(one, last_checked=START - delay + 1), START, "newsdiffs")


@pytest.mark.parametrize(
    ("age", "delay"), [(2 * HOUR, HOUR), (10 * HOUR, 6 * HOUR), (5 * DAY, 2 * DAY), (20 * DAY, 14 * DAY)]
)
def test_g0v_goes_by_the_age(age: float, delay: float) -> None:
    one = Known(7, "u", START - age, START - age, START - 1, START - delay)
    assert is_due(one, START, "g0v")
    assert not is_due(replace(one, last_checked=START - delay + 1), START, "g0v")


def test_the_tables_end_with_never() -> None:
    assert not is_due(known(360), START + 1000 * DAY, "newsdiffs")
    assert not is_due(known(30), START + 1000 * DAY, "g0v")


def test_the_feed_is_what_it_still_offers_and_everything_is_everything() -> None:
    gone, offered = known(1, 1), replace(known(900, 2), in_feed=True)
    assert choose([gone, offered], START + 1, "feed") == [offered]
    assert choose([gone, offered], START + 1, "everything") == [gone, offered]


# --- the budget of a day ---


def test_a_nightly_run_has_the_whole_days_budget() -> None:
    assert allowance(300, {}, START) == 300
    last_night = {START - DAY + second: 1 for second in range(0, 600, 2)}  # one every two seconds
    assert allowance(300, last_night, START) == 300


def test_a_second_run_has_what_the_first_one_left() -> None:
    assert allowance(300, {START - 60: 3}, START) == 297
    assert allowance(300, {START - 60: 300}, START) == 0
    assert allowance(300, {START - DAY / 2: 300}, START) == 150


def test_a_full_run_is_no_debt() -> None:
    assert allowance(300, {START - DAY: 9000}, START) == 299
    assert allowance(300, {START + DAY: 9000}, START) == 300  # a clock that was set back


@pytest.mark.parametrize("budget", [10, 50, 300, 1000])
def test_runs_every_twenty_minutes_share_a_days_budget(budget: int) -> None:
    asked: dict[float, int] = {START: allowance(budget, {}, START)}
    for run in range(1, 10 * 72 + 1):
        now = START + run * 20 * 60
        asked[now] = allowance(budget, asked, now)
        assert asked[now] <= budget / 72 + 1
    later = sum(count for at, count in asked.items() if at > START)
    assert abs(later - 10 * budget) <= 1


@settings(deadline=None, max_examples=200)
@given(
    st.integers(1, 500), st.dictionaries(st.floats(0, 3 * DAY), st.integers(0, 600), max_size=20), st.floats(0, 4 * DAY)
)
def test_a_run_never_has_more_than_a_days_budget(budget: int, asked: dict[float, int], now: float) -> None:
    assert 0 <= allowance(budget, asked, now) <= budget
