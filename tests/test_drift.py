"""The drift alarm: the pure judgement, held against cases by hand; and the night on which the bundled site is relaunched."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.drift import (
    ACCEPT_DAYS,
    ALL,
    FALLBACK,
    NEW,
    REFUSED,
    WINDOW,
    Belief,
    Counts,
    Courses,
    Drift,
    Seen,
    Tally,
    beliefs_after,
    departs,
    judge,
)
from archive.history import Observation, fold
from archive.layout import courses_as, courses_from
from archive.records import Article, FetchOutcome, Reading
from archive.times import stamp
from jobs.replica import NIGHTS, RELAUNCH, Replica
from tests.conftest import one, rows, run_hani
from tests.hostile import HostileServer, answer, page
from tests.tomorrow import tomorrows_program

START = datetime(2026, 11, 1, 18, 30, tzinfo=UTC)
ALL_FIELDS = frozenset(
    {"subtitle", "byline", "authors", "modified_at", "section", "images", "captions", "original_url"}
)


def at(night: int) -> str:
    return stamp(START + timedelta(days=night))


def pages(count: int, filled: int, had: int = 0, kept: int = 0, known: int | None = None, gained: int = 0) -> Counts:
    return Counts(count, filled, had if known is None else known, had, kept, gained)


MONTH = [pages(60, 54), pages(61, 55), pages(59, 53), pages(60, 55), pages(62, 56)]  # about 0.9


@pytest.mark.parametrize(
    ("measure", "sample", "usual", "alarms"),
    [
        # The same articles: 12 had a byline, and hardly one has it still.
        ("byline", pages(14, 1, had=12, kept=1), MONTH, True),
        ("byline", pages(14, 1, had=12, kept=1), [], True),
        # Most of them have it still, though the night's share is low: news of another sort.
        ("byline", pages(40, 12, had=12, kept=12), MONTH, False),
        # Nothing known was asked: the share itself decides, of twelve pages or more.
        ("byline", pages(14, 0), MONTH, True),
        ("byline", pages(14, 2), MONTH, False),  # a few have it: editorials alone, perhaps
        ("byline", pages(11, 0), MONTH, False),
        ("byline", pages(14, 0), [], False),
        ("byline", pages(14, 0), [pages(19, 19)], False),  # too short a history
        ("byline", pages(14, 11), MONTH, False),
        # Half of the pages have a standfirst: a share of few pages varies much.
        ("subtitle", pages(12, 2), [pages(60, 30)] * 5, False),
        ("subtitle", pages(60, 3), [pages(60, 30)] * 5, True),
        ("subtitle", pages(60, 20), [pages(60, 30)] * 5, False),
        # What was never there appears on all of them: something else is taken for it.
        ("original_url", pages(20, 20, known=15, gained=15), [pages(60, 1)] * 5, True),
        ("original_url", pages(20, 3, known=15, gained=2), [pages(60, 1)] * 5, False),
        # A stamp that appears is an edit.
        ("modified_at", pages(20, 20, known=15, gained=15), [pages(60, 1)] * 5, False),
        ("modified_at", pages(20, 0, had=15, kept=0), [pages(60, 55)] * 5, True),
        (REFUSED, pages(40, 35), [pages(40, 0)] * 5, True),
        (REFUSED, pages(40, 2), [pages(40, 0)] * 5, False),
        (REFUSED, pages(40, 0), [pages(40, 30)] * 5, False),  # better than usual is no alarm
        (FALLBACK, pages(12, 12), [], True),  # articles that the template had read before
    ],
)
def test_what_departs(measure: str, sample: Counts, usual: list[Counts], alarms: bool) -> None:
    assert (departs(("g3", measure), sample, usual) is not None) is alarms


def test_a_few_bad_nights_do_not_move_what_is_usual() -> None:
    usual = [pages(60, 55)] * 8 + [pages(60, 0)] * 3
    assert departs(("g3", "byline"), pages(60, 2), usual) is not None
    assert departs(("g3", "byline"), pages(60, 54), usual) is None


def test_new_articles_and_all_pages_need_a_history() -> None:
    for group in (NEW, ALL):
        assert departs((group, REFUSED), pages(12, 12), []) is None
        assert departs((group, REFUSED), pages(12, 12), [pages(60, 1)]) is not None


def state(*without: str, template: str = "g3", words: int = 400, core: str = "a", stamp: str | None = at(0)) -> Belief:
    return Belief(template, ALL_FIELDS - set(without), frozenset(), words, core, stamp)


@dataclass
class Play:
    """Nights played one after the other: of each, what was found to have drifted."""

    apart: float = 1
    courses: Courses = field(default_factory=dict)
    beliefs: dict[int, Belief] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    found: list[tuple[Drift, ...]] = field(default_factory=list)

    def night(self, *shown: Belief | None, since: int = 0, times: int = 1) -> "Play":
        for _ in range(times):
            number = len(self.found)
            tally = Tally()
            for article, shows in enumerate(shown, since):
                before, again = self.beliefs.get(article), article in self.seen
                tally.add(Seen(100 * number + article, article, f"https://x/{article}", shows, before, again))
                self.seen.add(article)
            judgement = judge(self.courses, (stamp(START + timedelta(days=number * self.apart)), number + 1), tally)
            self.courses = judgement.courses
            self.beliefs |= beliefs_after(tally, judgement)
            self.found.append(judgement.drifts)
        return self

    @property
    def alarms(self) -> list[set[tuple[str, str]]]:
        return [{(d.template, d.measure) for d in drifts if not d.accepted} for drifts in self.found]


BYLINE = ("g3", "byline")


def test_since_when_which_field_on_which_template_and_three_examples() -> None:
    play = Play().night(*[state()] * 20, times=4).night(*[state("byline")] * 20, times=3)
    assert [len(drifts) for drifts in play.found] == [0, 0, 0, 0, 1, 1, 1]
    for number, (drift,) in enumerate(play.found[4:], 5):
        assert (drift.run_id, drift.template, drift.measure) == (number, "g3", "byline")
        assert (drift.since_run, drift.since) == (5, at(4))
        assert (drift.pages, drift.found, drift.expected, drift.accepted) == (20, 0.0, 1.0, False)
        assert [e.article for e in drift.examples] == [19, 18, 17]


def test_it_stands_as_long_as_the_same_articles_lack_it() -> None:
    """Most pages are sound from the second night of the drift on: the others are adrift all the same."""
    sound, lost = [state()] * 8, [state("byline")] * 12
    assert Play().night(*[state()] * 20).night(*sound, *lost, times=5).alarms == [set(), *[{BYLINE}] * 5]


def test_a_small_archive_on_its_second_night() -> None:
    assert Play().night(*[state()] * 9).night(*[state("byline")] * 9, times=3).alarms == [set(), *[{BYLINE}] * 3]


def test_the_mend_is_no_alarm_and_a_field_that_was_never_seen_is_none_gained() -> None:
    play = Play().night(*[state()] * 20).night(*[state("byline")] * 30, times=3)  # ten articles are new, and lack it
    assert play.beliefs[25].unsure == {"byline"} and "byline" in play.beliefs[5].filled
    assert play.night(*[state()] * 30, times=2).alarms[4:] == [set(), set()]
    assert play.beliefs[25] == state()
    later = play.night(*[state("byline")] * 30)
    assert [d.since_run for d in later.found[-1]] == [7]


def test_what_has_lasted_for_a_month_is_no_alarm_and_no_edit() -> None:
    play = Play().night(*[state()] * 20, times=4).night(*[state("byline")] * 20, times=ACCEPT_DAYS + 3)
    assert play.alarms == [set()] * 4 + [{BYLINE}] * ACCEPT_DAYS + [set()] * 3
    assert [len(drifts) for drifts in play.found[4:]] == [1] * (ACCEPT_DAYS + 3)  # still in doubt
    assert "byline" in play.beliefs[0].filled


def test_pages_that_cannot_be_read_are_an_alarm_for_ever() -> None:
    play = Play().night(*[state()] * 20).night(*[None] * 20, times=ACCEPT_DAYS + 9)
    assert play.alarms[1:] == [{("g3", REFUSED)}] * (ACCEPT_DAYS + 9)


@pytest.mark.parametrize("shows", [None, replace(state(), template=FALLBACK)])
def test_what_no_template_has_ever_read_is_no_alarm_when_it_is_seen_again(shows: Belief | None) -> None:
    """A dozen picture stories among forty articles, each night anew; some nights they are all there is."""
    play = Play().night(*[state()] * 30, *[shows] * 12, times=3)
    play.night(*[shows] * 12, since=30, times=2).night(*[state()] * 3, since=50).night(*[shows] * 12, since=30)
    assert play.alarms == [set()] * 7
    measure = REFUSED if shows is None else FALLBACK
    assert play.night(*[shows] * 12, since=60).alarms[-1] == {(NEW, measure)}  # these are new
    assert play.night(*[state()] * 12, since=60).alarms[-1] == set()  # and now read


def test_small_runs_are_taken_together_and_those_that_show_it_are_in_doubt() -> None:
    """Every twenty minutes three pages: the third run with the drift makes nine."""
    play = Play(apart=1 / 72).night(*[state()] * 20)
    for first in (0, 3, 6, 9):
        play.night(*[state("byline")] * 3, since=first)
    assert [sorted(d.run_id for d in drifts) for drifts in play.found] == [[], [], [], [2, 3, 4], [5]]
    assert {d.since_run for drifts in play.found for d in drifts} == {2}
    assert "byline" in play.beliefs[0].filled
    assert [e.article for d in play.found[3] for e in d.examples] == [2, 1, 0, 5, 4, 3, 8, 7, 6]  # each run's own


def test_a_healthy_small_run_before_it_is_not_part_of_it() -> None:
    play = Play().night(*[state()] * 20).night(state(), times=3).night(*[state("byline")] * 20)
    assert [(d.run_id, d.since_run, d.found) for d in play.found[-1]] == [(5, 5, 0.0)]


def test_a_single_recrawl_amid_a_drift_is_part_of_it_if_it_shows_it() -> None:
    play = Play().night(*[state()] * 20).night(*[state("byline")] * 20)
    assert play.night(state("byline")).alarms[-1] == {BYLINE}
    assert play.night(state()).alarms[-1] == set()
    assert play.night(*[state("byline")] * 20).alarms[-1] == {BYLINE}
    assert {d.since_run for drifts in play.found for d in drifts} == {2}


def test_what_is_older_than_a_week_is_not_taken_together() -> None:
    play = Play(apart=8).night(*[state()] * 20)
    for first in (0, 3, 6, 9):
        play.night(*[state("byline")] * 3, since=first)
    assert play.alarms == [set()] * 5


def test_text_that_is_lost_on_most_pages_night_after_night() -> None:
    short = [state(words=80, core="b")] * 10
    assert Play().night(*[state()] * 20).night(*short, times=4).alarms[1:] == [{("g3", "body")}] * 4


def test_another_text_on_nearly_all_pages_without_a_stamp() -> None:
    changed = [state(core="b")] * 20
    assert Play().night(*[state()] * 20).night(*changed, times=3).alarms[1:] == [{("g3", "text")}] * 3
    edited = [state(core="b", stamp=at(1))] * 20  # the newspaper says that it changed them
    assert Play().night(*[state()] * 20).night(*edited, times=2).alarms == [set()] * 3
    few = [state(core="b")] * 12 + [state()] * 8  # as many as half, after a night alone
    assert Play().night(*[state()] * 20).night(*few).alarms == [set()] * 2
    assert Play().night(*[state()] * 20, times=8).night(*few).alarms[-1] == {("g3", "text")}


def test_what_the_newspaper_adds_to_many_articles_is_no_drift() -> None:
    bare = state("images", "captions", "subtitle")
    play = Play().night(*[bare] * 30, times=3)
    play.night(*[state("subtitle", stamp=at(2))] * 15, *[bare] * 15)
    play.night(*[state(stamp=at(3))] * 15, *[bare] * 15)
    assert play.alarms == [set()] * 5
    assert play.beliefs[0].filled == ALL_FIELDS
    assert Play().night(*[bare] * 30, times=3).night(*[state(stamp=at(2))] * 30).alarms[-1] == set()


def test_a_relaunch_into_marks_of_an_older_template_is_one() -> None:
    """The page shows an older template's marks, and is read by it, badly."""
    misread = [state("byline", "subtitle", "modified_at", template="g2", core="b", stamp=None)] * 20
    alarms = Play().night(*[state()] * 20).night(*misread, times=2).alarms
    assert alarms[1] == alarms[2] == {("g2", m) for m in ("byline", "subtitle", "modified_at", "text")}


def test_a_move_to_another_template_that_finds_all_is_no_drift() -> None:
    assert Play().night(*[state()] * 20).night(*[state(template="g4")] * 20).alarms == [set(), set()]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12))
def test_counts_add_up_and_drifts_name_only_runs_that_were(nights: list[tuple[int, int]]) -> None:
    play = Play()
    for count, without in nights:
        without = min(count, without)
        play.night(*[state("byline")] * without, *[state()] * (count - without))
    for number, drifts in enumerate(play.found, 1):
        assert all(drift.run_id <= number and drift.since_run <= drift.run_id for drift in drifts)
        assert all(0 <= drift.found <= 1 and 0 <= drift.expected <= 1 for drift in drifts)


def test_counts_are_bounded_by_what_they_are_parts_of() -> None:
    tally = Tally()
    for article in range(30):
        shows = state(*(["byline"] if article % 3 else []))
        before = None if article % 5 == 0 else state(*(["byline"] if article % 2 else []))
        tally.add(Seen(article, article, "u", shows, before))
    counts = tally.counts[BYLINE]
    assert (counts.pages, counts.filled, counts.known) == (30, 10, 24)
    assert (counts.had, counts.kept, counts.gained) == (12, 4, 4)  # by hand: even articles had it, every third has it


def test_courses_are_the_same_when_they_are_taken_up_again() -> None:
    courses: Courses = {}
    kept: Courses = {}
    for number in range(45):
        tally = Tally()
        for article in range(9 if number % 2 else 3):
            shows = state(*(["byline"] if article < number % 5 else []))
            tally.add(Seen(article, article, "u", shows, state()))
        found = judge(courses, (at(number), number), tally)
        again = judge(kept, (at(number), number), tally)
        assert again == found
        courses, kept = found.courses, courses_from(json.loads(json.dumps(courses_as(again.courses))))
    assert all(len(course.usual) <= WINDOW for course in courses.values())


# --- what is believed of a page in doubt ---

A = Article(
    title="Rice",
    posted_at="2023-06-01T00:00:00Z",
    modified_at="2023-06-01T01:00:00Z",
    body=("Rice rose by 3 percent.",),
    template="g3",
    subtitle="Prices",
    byline="By Kim Su-jin",
    authors=("Kim Su-jin",),
)
DOUBT = {("g3", "byline"), ("g3", "authors"), ("g3", "modified_at"), ("g2", "subtitle")}


def history(second: Reading, doubts: set[tuple[str, str]]) -> Any:
    first = Observation("2023-06-10T01:00:00Z", FetchOutcome.OK, "u", "e_national", "d0")
    later = replace(first, fetched_at="2023-06-11T01:00:00Z", payload_digest="d1", doubts=frozenset(doubts))
    return fold(1, [first, later], {"d0": A, "d1": second})


def test_a_field_in_doubt_stays_what_it_was_and_an_edit_beside_it_counts() -> None:
    lost = replace(A, byline=None, authors=())
    assert len(history(lost, set()).versions) == 2
    assert len(history(lost, DOUBT).versions) == 1
    edited = history(replace(lost, body=("Rice rose by 5 percent.",)), DOUBT)
    assert [v.kind for v in edited.versions] == ["first", "text"]
    assert edited.versions[1].article.byline == "By Kim Su-jin"
    assert len(history(replace(A, subtitle=None), DOUBT).versions) == 2  # in doubt on another template alone
    assert len(history(replace(A, byline="By Lee Ha-neul"), DOUBT).versions) == 2  # there, and another


def test_an_edit_is_not_called_silent_where_the_stamp_itself_is_in_doubt() -> None:
    edited = replace(A, body=("Rice rose by 5 percent.",), modified_at=None)
    assert history(edited, set()).versions[1].silent
    assert not history(edited, DOUBT).versions[1].silent


def test_the_cascade_for_unknown_layouts_never_edits_what_a_template_read() -> None:
    other = replace(A, template="fallback", body=("Rice rose by 3 percent.", "Share this story"))
    found = history(other, set())
    assert len(found.versions) == 1 and found.standing.last_seen_at == "2023-06-11T01:00:00Z"
    assert found.standing.status == "live"
    assert len(history(replace(A, template="fallback"), set()).versions) == 1


def nights(*shown: tuple[Reading, set[tuple[str, str]]]) -> Any:
    """A history of one page a day, each with the doubts of its run."""
    log = [
        Observation(
            f"2023-06-{10 + n}T01:00:00Z", FetchOutcome.OK, "u", "e_national", f"d{n}", doubts=frozenset(doubts)
        )
        for n, (_, doubts) in enumerate(shown)
    ]
    return fold(1, log, {f"d{n}": reading for n, (reading, _) in enumerate(shown)})


def test_a_field_that_was_in_doubt_from_the_first_is_filled_in_and_no_edit() -> None:
    bare, doubt = replace(A, subtitle=None), {("g3", "subtitle")}
    mended = nights((bare, doubt), (bare, doubt), (A, set()))
    assert [(v.kind, v.article.subtitle) for v in mended.versions] == [("first", "Prices")]
    edited = nights((bare, doubt), (replace(A, body=("Rice rose by 5 percent.",)), set()))
    assert [(v.kind, v.article.subtitle) for v in edited.versions] == [("first", "Prices"), ("text", "Prices")]
    sure = nights((bare, doubt), (bare, set()), (A, set()))  # a sound page lacked it: the newspaper added it
    assert [v.kind for v in sure.versions] == ["first", "text"]


def test_a_text_in_doubt_is_not_taken_over() -> None:
    other = replace(A, body=("Rice rose by 3 percent.", "Subscribe to our newsletter."))
    found = nights((A, set()), (other, {("g3", "text")}), (A, set()))
    assert len(found.versions) == 1 and found.standing.status == "live"


def test_the_cascade_does_not_edit_its_own_readings_while_no_template_fits() -> None:
    first, other = replace(A, template="fallback"), replace(A, template="fallback", body=("A ticker.", *A.body))
    assert len(nights((first, set()), (other, set())).versions) == 2
    assert len(nights((first, set()), (other, {("(new)", "fallback")})).versions) == 1


# --- the runs of an archive ---


def test_pages_that_are_refused_night_after_night_do_not_degrade_a_run(tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text('[crawl]\ncontact = "tests@library.example"\ndelay = 0\n')
    site = HostileServer()
    undated = page("In pictures").replace(b"Posted on : 2023-06-09 17:50 KST", b"")
    paths = [f"/arti/english_edition/e_national/{number}.html" for number in range(1, 31)]
    for number, path in enumerate(paths):
        site.sends[path] = answer(undated if number < 10 else page())
    for night, asked in enumerate([paths, paths, paths[:10]]):
        addresses = [f"https://www.hani.co.kr{path}" for path in asked]
        ran = run_hani(tmp_path / "archive.db", tmp_path, "recrawl", *addresses, "--origin", site.origin, "--json")
        assert (ran.code, ran.data["outcomes"]["refused"], ran.data["drift"]) == (0, 10, []), night
    assert run_hani(tmp_path / "archive.db", tmp_path, "rebuild", "--check").code == 0
    for path in paths[10:]:
        site.sends[path] = answer(undated)
    addresses = [f"https://www.hani.co.kr{path}" for path in paths]
    ran = run_hani(tmp_path / "archive.db", tmp_path, "recrawl", *addresses, "--origin", site.origin, "--json")
    site.close()
    assert ran.code == 5 and [(d["template"], d["pages"]) for d in ran.data["drift"]] == [("g2", 20)]


def test_what_the_server_says_is_unchanged_counts_beside_what_was_edited(tmp_path: Path) -> None:
    """Of fifty articles 22 are edited without a stamp; the others are answered with 304, and stand for as many pages."""
    (tmp_path / "hani.toml").write_text('[crawl]\ncontact = "tests@library.example"\ndelay = 0\n')
    site = HostileServer()
    paths = [f"/arti/english_edition/e_national/{number}.html" for number in range(1, 51)]
    addresses = [f"https://www.hani.co.kr{path}" for path in paths]
    site.sends = {path: answer(page(), headers=['ETag: "v1"']) for path in paths}
    command = ("recrawl", *addresses, "--origin", site.origin, "--json")
    assert run_hani(tmp_path / "archive.db", tmp_path, *command).code == 0
    edited = page().replace(b"in the spring", b"in the autumn")
    site.sends = {path: answer(edited, headers=['ETag: "v2"']) for path in paths[:22]}
    site.sends |= {path: answer(status="304 Not Modified") for path in paths[22:]}
    ran = run_hani(tmp_path / "archive.db", tmp_path, *command)
    site.close()
    assert (ran.code, ran.data["drift"], ran.data["silent"]) == (0, [], 22)
    assert (ran.data["outcomes"]["changed"], ran.data["outcomes"]["not_modified"]) == (22, 28)
    assert run_hani(tmp_path / "archive.db", tmp_path, "rebuild", "--check").code == 0


# --- the nights of the relaunch ---


def crawl(db: Path, site: Replica, number: int, later: int = 0) -> Any:
    site.night = number
    begun = (START + (number + later) * timedelta(hours=25)).isoformat()
    return run_hani(db, db.parent, "nightly", "--origin", site.origin, "--delay", "0", "--json", HANI_NOW=begun)


@pytest.fixture(scope="module")
def relaunched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """An archive after the relaunch, and the run of that night."""
    db = tmp_path_factory.mktemp("relaunch") / "archive.db"
    with Replica() as site:
        for number in (1, NIGHTS - 1, NIGHTS):
            assert crawl(db, site, number).code == 0
        ran = crawl(db, site, RELAUNCH)
        after = rows(db, "select id, content_hash from versions order by id")
        again = crawl(db, site, RELAUNCH, later=1)  # the night after, and an article by itself: nothing is mended
        alone = run_hani(db, db.parent, "recrawl", "1156925", "--origin", site.origin, "--delay", "0", "--json")
        assert (again.code, alone.code) == (5, 5)
        assert {(d["template"], d["measure"]) for d in again.data["drift"]} == {("g3", "refused"), ("g2", "subtitle")}
        assert {d["since_run"] for d in again.data["drift"] + alone.data["drift"]} == {4}
        assert rows(db, "select id, content_hash from versions order by id") == after
        return db, ran


def test_the_alarm_fires_and_says_what_broke_where_since_when(relaunched: tuple[Path, Any]) -> None:
    db, ran = relaunched
    report = ran.data
    assert ran.code == report["exit_code"] == 5
    assert report["status"] == "degraded" == one(db, "select status from runs where id = 4")
    drifts = {(d["template"], d["measure"]): d for d in report["drift"]}
    assert set(drifts) == {("g3", "refused"), ("g2", "subtitle")}
    for drift in drifts.values():
        assert (drift["since_run"], drift["since"]) == (
            4,
            one(db, "select min(fetched_at) from captures where run_id = 4"),
        )
        assert len(drift["examples"]) == 3
        for example in drift["examples"]:
            found = rows(db, "select article_id, url, run_id from captures where id = ?", example["capture"])
            assert found == [{"article_id": example["article"], "url": example["url"], "run_id": 4}]
    assert drifts[("g3", "refused")]["expected"] == 0 and drifts[("g3", "refused")]["found"] > 0.8
    assert report["addresses"] == sum(report["outcomes"].values())


def test_no_junk_is_stored_and_a_real_edit_is_seen(relaunched: tuple[Path, Any]) -> None:
    db, ran = relaunched
    tonight = rows(
        db,
        "select v.article_id, v.kind, v.subtitle from versions v join captures c on c.article_id = v.article_id"
        " and c.fetched_at = v.first_seen_at where c.run_id = 4",
    )
    # By hand: the one edit of that night on a page that can be read, and its standfirst stays.
    assert tonight == [
        {
            "article_id": 1036980,
            "kind": "text",
            "subtitle": "Wildfire destroys 23 homes and 410 hectares of forest in North Gyeongsang Province",
        }
    ]
    assert ran.data["outcomes"]["changed"] == 1 and ran.data["versions"] == {"text": 1}
    assert ran.data["held"] >= 8
    assert one(db, "select count(*) from articles where id = 1279160") == 0
    assert one(db, "select count(*) from articles where status <> 'live' and last_checked_at >= ?", at(8)) < 12


def test_a_rebuild_gives_the_same_rows(relaunched: tuple[Path, Any]) -> None:
    db, _ = relaunched
    ran = run_hani(db, db.parent, "rebuild", "--check")
    assert ran.code == 0, ran.out + ran.err


def test_a_template_that_is_added_heals_the_history(relaunched: tuple[Path, Any], tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    db.write_bytes(relaunched[0].read_bytes())
    program = tomorrows_program(tmp_path / "later")
    before = rows(db, "select id, content_hash from versions")

    def later(*arguments: str) -> str:
        command = [sys.executable, "-m", "jobs", "--db", str(db), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(program)}
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    foreseen = json.loads(later("--json", "reprocess"))
    assert rows(db, "select id, content_hash from versions") == before
    assert foreseen["articles"] > 0
    later("reprocess", "--apply")
    assert rows(db, "select * from drifts") == []
    edited = rows(db, "select number, kind, template, body, first_seen_at from versions where article_id = 1279118")
    assert [(v["number"], v["kind"], v["template"]) for v in edited] == [(1, "first", "g3"), (2, "text", "g4")]
    assert "400 grams" in edited[1]["body"]
    capture = one(relaunched[0], "select fetched_at from captures where article_id = 1279118 and run_id = 4")
    assert edited[1]["first_seen_at"] == capture  # when the newspaper's page was seen, not when we learnt to read it
    assert one(db, "select title from articles where id = 1279160").startswith("Incheon school bakes")
    known = {row["id"] for row in before}
    more = rows(db, "select article_id, id from versions")
    assert {row["article_id"] for row in more if row["id"] not in known} == {1279118, 1279160}
    assert known <= {row["id"] for row in more}
    later("rebuild", "--check")
