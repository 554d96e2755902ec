"""The simulation of the policies: what it counts, by hand, and that docs/recheck.md has its figures."""

import pytest

from tests.benchmarks.measure_recheck import (
    DOCS,
    Grid,
    Match,
    Score,
    follow,
    matches,
    not_won,
    points,
    stored,
    table,
    text_of,
)
from tests.benchmarks.newsroom import DAY, HOUR, MODELS, Story, stories
from tests.benchmarks.recheck_plot import plot

SMALL = Grid("nightly", DAY, 5, 20, 3)
NIGHTS = Grid("nightly", DAY, 0, 10, 1)  # at 18:30 UTC of each day


def test_the_document_and_the_plot_have_the_stored_figures() -> None:
    found = stored()
    assert text_of(found) in (DOCS / "recheck.md").read_text("utf-8")
    assert plot(points(found)) == (DOCS / "recheck.svg").read_text("utf-8")


def test_the_stored_figures_are_of_all_models_and_rivals_at_equal_requests() -> None:
    found = stored()
    assert len({(m.grid, m.model, m.rival) for m in found}) == len(found) == 2 * len(MODELS) * 4
    assert [m for m in found if m.its.catchable != m.ours.catchable] == []
    # What the bucket held when the counting began comes on top.
    assert [m for m in found if m.ours.requests > 1.0005 * m.its.requests] == []


def test_most_matches_are_won() -> None:
    """As the document has it; `everything` cannot be beaten, only matched for less."""
    rivals = [match for match in stored() if match.rival != "everything"]
    assert sum(match.ours.caught > match.its.caught for match in rivals) == 28
    assert sum(match.ours.caught < match.its.caught for match in rivals) == 7
    cheaper = [m for m in stored() if m.rival == "everything" and m.model not in ("steady", "late")]
    assert [m for m in cheaper if m.ours.requests > 0.4 * m.its.requests or m.ours.caught < m.its.caught - 0.02] == []


def test_what_is_not_won_is_told() -> None:
    def score(caught: float) -> Score:
        return Score(100, 50, caught, 1, 1)

    found = [
        Match("nightly", "late", "g0v", 10, score(0.5), score(0.4)),
        Match("nightly", "late", "feed", 10, score(0.5), score(0.5)),
        Match("nightly", "late", "newsdiffs", 10, score(0.5), score(0.6)),
    ]
    assert not_won(found).splitlines()[2:] == [
        "| nightly | late | g0v | 50.0% | 10.0 points less |",
        "| nightly | late | feed | 50.0% | the same |",
    ]


def test_what_is_caught_is_counted_by_hand() -> None:
    # Found in the run at 18:30 of day 0; of two edits between two runs the first is written over unseen.
    first_run = DAY - 5.5 * HOUR
    told = [Story(0.0, (HOUR, first_run + HOUR, first_run + 2 * HOUR, first_run + 3 * DAY - HOUR))]
    everything = follow(told, NIGHTS, "everything")
    assert (everything.requests, everything.catchable, everything.caught) == (10, 3, 0.6667)
    assert everything.median_delay == 11.5 * HOUR  # 22 hours and one
    assert follow([Story(0.0, ())], NIGHTS, "everything").caught == 0


@pytest.mark.parametrize("model", list(MODELS))
def test_the_same_seed_tells_the_same_stories(model: str) -> None:
    told = stories(MODELS[model], 40, 5, 1)
    assert told == stories(MODELS[model], 40, 5, 1) != stories(MODELS[model], 40, 5, 2)
    assert len(told) == 200
    assert all(
        list(story.edits) == sorted(story.edits) and story.edits[:1] > (story.posted,) for story in told if story.edits
    )


@pytest.mark.parametrize(
    ("model", "mean", "edited"),
    [
        ("inclined", 0.92, None),  # 0.94, less what comes after 400 days
        ("recrawled", 0.68, 0.35),
        ("developing", 0.88, 0.28),
        ("bursts", 2.6, 0.54),
        ("late", 0.49, 0.39),
    ],
)
def test_the_models_have_the_studies_figures(model: str, mean: float, edited: float | None) -> None:
    told = stories(MODELS[model], 400, 20, 3)
    assert sum(len(story.edits) for story in told) / len(told) == pytest.approx(mean, rel=0.06)
    if edited:
        assert sum(bool(story.edits) for story in told) / len(told) == pytest.approx(edited, abs=0.02)


def test_a_small_simulation_is_repeatable_and_keeps_to_the_budget() -> None:
    found = matches(SMALL, seed=5, models=["recrawled"])
    assert found == matches(SMALL, seed=5, models=["recrawled"])
    assert [match.rival for match in found] == ["newsdiffs", "g0v", "feed", "everything"]
    assert all(match.ours.requests <= match.its.requests + 1 for match in found)
    everything = found[-1].its
    assert everything.caught == max(score.caught for match in found for score in (match.its, match.ours))


def test_a_line_of_the_table() -> None:
    its, ours = Score(3000, 80, 0.5, 7200, 86400), Score(2400, 80, 0.625, 3600, 3 * 86400)
    line = table([Match("nightly", "late", "g0v", 30, its, ours)]).splitlines()[-1]
    assert line == "| late | g0v | 100 | 50.0% | **62.5%** with 80 | 2.0 h, 24.0 h | 1.0 h, 3.0 d |"
