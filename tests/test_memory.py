"""What a run keeps of each article and list does not grow; `python -m tests.benchmarks memory` measures 20,000 articles."""

from archive.display.run_figures import MEANINGS
from archive.frontier import Listed
from archive.records import Outcome, Sighting
from archive.store import Stored, Turn
from crawler.recording import MOST_NOTABLE, Tally
from crawler.session import Lists
from jobs.report_text import report_text

URL = "https://www.hani.co.kr/arti/english_edition/e_national/1.html"


def test_a_tally_counts_all_and_names_some() -> None:
    tally = Tally()
    for number in range(2 * MOST_NOTABLE):
        turn = Turn(number, "A headline", "live", "missing")
        for outcome in (Outcome.NEW, Outcome.GONE, Outcome.UNCHANGED):
            tally.add(Stored(number, URL, outcome, turn=turn if outcome is Outcome.GONE else None))
    assert tally.outcomes == {"new": 2000, "gone": 2000, "unchanged": 2000}
    assert len(tally.notable) == 2000 and {s.outcome for s in tally.notable} == {Outcome.NEW, Outcome.GONE}
    assert len(tally.turns) == 1000


def test_lists_are_counted_and_not_kept() -> None:
    lists = Lists()
    offered = (Sighting(1, URL, 1, "A headline"), Sighting(2, URL, 2, None))
    lists.add(Listed("new:e_national", URL, "2026-11-20T18:00:00Z", 200, offered, other=3))
    lists.add(Listed("old:e_national", URL, "2026-11-20T18:00:01Z", None, error="no answer"))
    assert lists == Lists(asked=2, failed=1, broken=1, sightings=2, other=3)


def test_a_report_says_how_many_it_does_not_name() -> None:
    named = [{"id": n, "outcome": "new", "title": "A headline", "reason": None} for n in range(MOST_NOTABLE)]
    report = {
        "run": 1,
        "command": "hani nightly",
        "status": "done",
        "started_at": "2026-11-20T18:00:00Z",
        "finished_at": "2026-11-20T19:00:00Z",
        "requests": 5,
        "origin": None,
        "hosts": {},
        "outcomes": {name: 0 for name in MEANINGS} | {"new": 20_000, "unchanged": 7},
        "versions": {},
        "addresses": 20_007,
        "silent": 0,
        "statuses": [],
        "listings": {"asked": 1, "failed": 0, "left_over": 0, "sightings": 0, "other": 0},
        "notable": named,
    }
    assert report_text(report).endswith("… and 19960 more (--json names up to 1,000 of each kind)")
