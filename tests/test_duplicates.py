"""Near-duplicates: the measure on labelled texts, the index against brute force, and the command."""

import gc
import json
import logging
import os
import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from archive import duplicates as near
from archive.database import open_reader, open_writer, unit
from archive.duplicates import Numbers, Relation, candidates, compare, fingerprint, words_of
from archive.lock import crawl_lock
from archive.times import stamp
from jobs.duplicates import _workers, sweep
from jobs.screen.steps import watching_steps
from tests.benchmarks.measure_duplicates import Writer
from tests.conftest import Hani, one, rows

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

# --- labelled texts: all invented, the labels given before anything was measured ------------------------------------

FERRY = (
    "The last ferry between Gageo and the smaller island of Jungtae will stop running in March, the operator said on"
    " Tuesday, leaving 61 residents without a regular link to the mainland.",
    "Seohae Lines, which has served the route since 1974, said it lost 310 million won last year. It carried 4,118"
    " passengers in 2025, fewer than half of the number that it carried a decade ago.",
    "“We kept the boat going as long as we could buy fuel for it,” Cho In-sook, the line’s director, told reporters at"
    " the harbor office. “The subsidy covers the crew and nothing else.”",
    "Residents of Jungtae, whose median age is 74, met in the village hall on the same evening. Several said they would"
    " have to leave before winter, because the nearest clinic is on the larger island.",
    "Park Mal-rye, 81, has dried squid on the quay for most of her life. She said the ferry brought her medicine, her"
    " grandchildren and, twice a year, the county’s hairdresser.",
    "The county of Sinan said it was looking into a public boat that would sail three times a week. A decision is"
    " expected after the council meets on Jan. 14, an official at its transport division said.",
    "Of the 74 routes that served islands in South Jeolla Province in 2015, 58 are still sailed. A law passed in August"
    " lets the state take over routes that nobody else wants, but no money has been set aside for it.",
    "Lawmakers from the southwest have asked for 9 billion won in the next budget. The Ministry of Oceans and Fisheries"
    " declined to say whether it would support the request.",
)
RIVAL = (
    "Islanders on Jungtae learned from a notice taped to the ticket window that their boat has four months left.",
    "The sheet of paper, signed by Seohae Lines, gives no reason. Its director, Cho In-sook, gave one a few hours"
    " later: the company is out of money, and a state grant pays for sailors but not for diesel.",
    "“We kept the boat going as long as we could buy fuel for it,” Cho said.",
    "For the people here the boat is the pharmacy, the school bus and the post. Lee Chun-ho, 69, who heads the fishing"
    " cooperative, counted what would go with it: ice for the catch, batteries for hearing aids, newspapers.",
    "Sinan County wants to buy a vessel of its own. Officials say that it could go out on Mondays, Wednesdays and"
    " Saturdays, but councilors will not vote before the middle of January.",
    "Critics point at a law from last summer that was meant for exactly such a case. It allows the government to run"
    " ferries that companies give up. “They wrote the law and forgot the purse,” said Han Bo-ram, an activist.",
    "The number of island routes in the province has fallen by more than a fifth in ten years.",
)
MORE = (
    "In a statement issued late on Wednesday, the county said that it had chartered a fishing boat as a stopgap, and"
    " that the first sailing would take place before the Lunar New Year holidays.",
    "The charter costs 2.4 million won a day, half of which the province has agreed to pay. Opposition members of the"
    " council called the arrangement expensive and asked why it had not been announced earlier.",
    "Islanders greeted the news with caution. “A boat is a boat,” said the village head, “but this one has no cabin,"
    " and in January the spray freezes on the deck before it can run off.”",
)
WEATHER = (
    "Skies over Seoul will be {} on {}, with a high of {} degrees Celsius and a low of {}, the Korea Meteorological"
    " Administration said. Winds from the {} will reach {} meters per second along the coast. The chance of rain is {}"
    " percent in the morning and {} percent in the afternoon. Waves of {} to {} meters are expected in the East Sea, of"
    " {} to {} meters in the West Sea. The concentration of fine dust will be {} micrograms per cubic meter in the"
    " capital area, {} in Gangwon Province and {} in the southeast. Sunrise is at {}:{} and sunset at {}:{}."
)
SHARES = (
    "South Korean shares closed {} on {}. The benchmark index {} {}.{} points, or {}.{} percent, to close at {},{}.{}."
    " Trading volume was {} million shares worth {}.{} trillion won, with {} stocks rising and {} falling. Foreign"
    " investors sold a net {} billion won, while institutions bought {} billion won and individuals {} billion won. The"
    " won was quoted at {},{}.{} against the dollar, {}.{} won from the previous session's close. The yield on"
    " three-year government bonds {} {}.{} basis points to {}.{} percent."
)


COUNT = (
    "The Korea Disease Control and Prevention Agency reported {} new cases of whooping cough on {}, raising the total"
    " for this season to {}. Of the new patients, {} live in Seoul and the surrounding Gyeonggi Province, where schools"
    " have been told to open their windows for ten minutes in every hour and to send home children who cough through"
    " the night. Hospitals treated {} patients as of midnight, {} of them in intensive care. The agency again asked"
    " parents to check whether their children have had all of their vaccinations, and pregnant women to have theirs"
    " between the sixth and the ninth month. Protection fades in the course of years, it said, so that adults often"
    " carry the disease without knowing. A telephone line for questions in Korean, English, Chinese and Vietnamese is"
    " open day and night. Nationwide, {} clinics give the vaccine free of charge; last week they vaccinated {} people."
)


def body(paragraphs: Sequence[str]) -> str:
    return "\n\n".join(paragraphs)


def weather(seed: int) -> str:
    """A day's weather: other figures in the same words, and a word or two of the day."""
    chosen = random.Random(seed)
    sky, day, wind = chosen.choice(["clear", "cloudy", "gray"]), chosen.choice(["Monday", "Friday"]), "west"
    figures = [chosen.randint(2, 97) for _ in range(16)]
    return WEATHER.format(sky, day, *figures[:2], wind, *figures[2:])


def shares(seed: int) -> str:
    chosen = random.Random(seed)
    moved, day = chosen.choice([("higher", "gained"), ("lower", "lost")]), chosen.choice(["Tuesday", "Thursday"])
    figures = [chosen.randint(10, 999) for _ in range(24)]
    return SHARES.format(moved[0], day, moved[1], *figures[:19], "fell", *figures[19:])


def count(seed: int) -> str:
    """A day's count: much text, few figures."""
    chosen = random.Random(seed)
    figures = [chosen.randint(100, 999) for _ in range(7)]
    return COUNT.format(figures[0], chosen.choice(["Monday", "Friday"]), *figures[1:])


def long_read() -> list[str]:
    return Writer(5, 5000, 500).text(20_000)


LONG = long_read()
BRIEF = "A cat that lived for six years in the depot at Mangwon has been named an honorary stationmaster."
PHOTO = "Volunteers carry coal briquettes up a lane in the Baeksa neighborhood of northern Seoul on Saturday morning."

# The relation that a reader would see; None where the two are to stay unlinked, for whatever reason.
LABELLED: dict[str, tuple[str, str, Relation | None]] = {
    "the same text": (body(FERRY), body(FERRY), Relation.REPUBLISHED),
    "only case, spaces and quotes differ": (
        body(FERRY),
        body(FERRY).replace("“", '"').replace("\n\n", "\n").replace("ferry", "Ferry"),
        Relation.REPUBLISHED,
    ),
    "four words corrected": (
        body(FERRY),
        body(FERRY).replace("61", "63").replace("1974", "1973").replace("Tuesday", "Monday").replace("squid", "cod"),
        Relation.REPUBLISHED,
    ),
    "three new paragraphs at the end": (body(FERRY), body(FERRY + MORE), Relation.EXTENDED),
    "three new paragraphs at the top": (body(FERRY), body(MORE + FERRY), Relation.EXTENDED),
    "the first news of two paragraphs, then the story": (body(FERRY[:2]), body(FERRY + MORE), Relation.EXTENDED),
    "shortened to half": (body(FERRY), body(FERRY[:4]), Relation.SHORTENED),
    "shortened to its first two paragraphs": (body(FERRY + MORE), body(FERRY[:2]), Relation.SHORTENED),
    "three paragraphs replaced by others": (body(FERRY), body((*FERRY[:5], *MORE)), Relation.REWRITTEN),
    "an update with another toll": (
        body(FERRY),
        body(FERRY).replace("61", "58").replace("310", "355").replace("4,118", "4,260"),
        Relation.REPUBLISHED,
    ),
    "another writer on the same event": (body(FERRY), body(RIVAL), None),
    "another event": (body(FERRY), body(MORE), None),
    "half taken over, half new": (body(FERRY), body((*FERRY[:3], *RIVAL[3:], *MORE)), None),
    "the weather of two days": (weather(1), weather(2), None),
    "the market of two days": (shares(1), shares(2), None),
    "the count of two days": (count(1), count(2), None),
    "the same weather once more": (weather(1), weather(1), Relation.REPUBLISHED),
    "20,000 words and 600 of them": (" ".join(LONG), " ".join(LONG[9000:9600]), Relation.SHORTENED),
    "an excerpt, then all 20,000 words": (" ".join(LONG[9000:9600]), " ".join(LONG), Relation.EXTENDED),
    "one sentence in 20,000 words": (" ".join(LONG[9000:9030]), " ".join(LONG), None),
    "very short, the same": (BRIEF, BRIEF, None),
    "very short, different": (BRIEF, PHOTO, None),
    "empty": ("", "", None),
    "empty and not": ("", body(FERRY), None),
    "photo stories with one sentence each": (PHOTO, PHOTO.replace("coal", "free"), None),
}


@pytest.mark.parametrize("name", LABELLED)
def test_labelled_texts(name: str) -> None:
    earlier, later, label = LABELLED[name]
    found = compare(words_of(None, earlier), words_of(None, later))
    assert (found.relation if found.linked else None) == label


def test_a_column_is_told_from_an_update_by_its_figures() -> None:
    one, two = words_of(None, count(1)), words_of(None, count(2))
    assert compare(one, two).relation == Relation.COLUMN
    assert compare(one, two).similarity > near.LEAST_SIMILARITY
    assert compare(one, one).relation == Relation.REPUBLISHED


def test_the_measure_by_hand() -> None:
    words = [f"w{n}" for n in range(103)]  # 100 shingles
    later = [*words[:53], *(f"n{n}" for n in range(30))]  # the first 50 of them, and 30 others
    found = compare(words, later)
    assert (found.similarity, found.contained) == (50 / 130, 50 / 100)
    assert compare(later, words).contained == 50 / 80


@pytest.mark.parametrize(
    ("shared", "earlier", "later", "relation"),
    [
        (85, 100, 100, Relation.REPUBLISHED),
        (84, 100, 100, Relation.REWRITTEN),
        (85, 100, 101, Relation.EXTENDED),
        (85, 101, 100, Relation.SHORTENED),
        (40, 70, 70, Relation.REWRITTEN),
        (39, 70, 70, Relation.UNLIKE),
        (59, 59, 1000, Relation.UNLIKE),
        (60, 60, 1000, Relation.EXTENDED),
        (60, 1000, 60, Relation.SHORTENED),
        (20, 20, 50, Relation.EXTENDED),  # too short for an excerpt, but similar as a whole
        (20, 20, 51, Relation.UNLIKE),
    ],
)
def test_relations_at_their_thresholds(shared: int, earlier: int, later: int, relation: Relation) -> None:
    same = [f"s{n}" for n in range(shared + 3)]
    one = same + [f"a{n}" for n in range(earlier - shared)]
    two = same + [f"b{n}" for n in range(later - shared)]
    assert compare(one, two).relation == relation


def test_subtitle_and_text_are_compared() -> None:
    assert words_of("A Boat, again", "“We’re 1,284 here.”\n\nEND") == "a boat again we re 1 284 here end".split()
    assert words_of(None, "") == []


# --- the index -------------------------------------------------------------------------------------------------------


def prints(texts: Sequence[Sequence[str]]) -> list[near.Fingerprint]:
    numbers = Numbers()
    return [fingerprint(text, numbers) for text in texts]


def some_texts(seed: int) -> list[list[str]]:
    """Sixty texts of 25 to 900 words, half of them made from others."""
    writer = Writer(seed, 3000, 300)
    texts = [writer.text(writer.random.choice((25, 40, 70, 150, 400, 900))) for _ in range(30)]
    texts += [writer.copy(writer.random.choice(texts)) for _ in range(30)]
    writer.random.shuffle(texts)
    return texts


def test_what_brute_force_finds_is_found() -> None:
    expected = found = 0
    for seed in range(25):
        texts = some_texts(seed)
        pairs = set(candidates(prints(texts)).pairs)
        linked = {(a, b) for a, b in combinations(range(60), 2) if compare(texts[a], texts[b]).linked}
        expected, found = expected + len(linked), found + len(linked & pairs)
    assert expected > 350
    assert found == expected  # no chance is left: the sample is the same in every run


def test_pairs_are_in_the_order_of_time() -> None:
    chosen = candidates(prints(some_texts(1)))
    assert chosen.pairs == sorted(set(chosen.pairs))
    assert all(earlier < later for earlier, later in chosen.pairs)


@pytest.mark.parametrize("texts", [[], [[]], [["one"]], [["w"] * 500], [[], []]])
def test_nothing_to_pair(texts: list[list[str]]) -> None:
    assert candidates(prints(texts)).pairs == []


def test_texts_too_short_are_counted() -> None:
    short, enough = [f"w{n}" for n in range(22)], [f"w{n}" for n in range(23)]
    chosen = candidates(prints([short, short, enough, enough, []]))
    assert (chosen.pairs, chosen.too_short) == ([(2, 3)], 3)


def test_standing_wording_makes_no_pairs_and_is_counted() -> None:
    writer = Writer(3, 3000, 300)
    standing = writer.text(300)
    columns = [standing + writer.text(30) for _ in range(400)]
    story = writer.text(300)
    chosen = candidates(prints([*columns, story, story]))
    assert chosen.pairs == [(400, 401)]
    assert chosen.common == 400


def test_half_of_standing_wording_is_counted_too() -> None:
    writer = Writer(3, 3000, 300)
    standing = writer.text(300)
    chosen = candidates(prints([standing + writer.text(200) for _ in range(50)] + [writer.text(500)]))
    assert (chosen.pairs, chosen.common) == ([], 50)


def test_no_wording_makes_more_pairs_than_the_bound() -> None:
    writer = Writer(4, 3000, 300)
    passages = [writer.text(100) for _ in range(60)]
    # Each passage is in about twenty texts.
    texts = [[word for passage in writer.random.sample(passages, 4) for word in passage] for _ in range(300)]
    assert len(candidates(prints(texts)).pairs) <= 300 * 4 * near.COMMON / 2


def test_equal_texts_are_paired_all_or_each_with_the_one_before() -> None:
    text = Writer(6, 3000, 300).text(200)
    few = candidates(prints([text] * near.COMMON))
    assert len(few.pairs) == near.COMMON * (near.COMMON - 1) // 2
    assert (few.common, few.chained) == (0, 0)
    many = candidates(prints([text] * (near.COMMON + 1)))
    assert many.pairs == [(n, n + 1) for n in range(near.COMMON)]
    assert (many.common, many.chained) == (0, near.COMMON + 1)


@pytest.mark.parametrize("switch", [gc.enable, gc.disable])
def test_the_garbage_collector_is_left_as_it_was(switch: Callable[[], None]) -> None:
    was_on = gc.isenabled()
    try:
        switch()
        before = gc.isenabled()
        candidates(prints(some_texts(2)))
        assert gc.isenabled() == before
    finally:
        (gc.enable if was_on else gc.disable)()


# --- the archive -----------------------------------------------------------------------------------------------------


def write(database: Path, articles: Sequence[dict[str, Any]]) -> None:
    """An archive of these articles, each with one version; posted an hour apart unless they say otherwise."""
    db = open_writer(database)
    with closing(db.conn), unit(db):
        for n, given in enumerate(articles):
            posted = stamp(NOON + timedelta(hours=n))
            text = {"title": f"Headline {given['id']}", "posted_at": posted, "authors": "[]"} | given
            seen = {"first_seen_at": posted, "last_seen_at": posted}
            counts = {"versions": 1, "word_count": 1, "last_checked_at": posted, "status": "live"}
            db.table("articles").insert({"url": f"https://www.hani.co.kr/{given['id']}.html", **text, **seen, **counts})
            number = text.pop("id")
            what = {"kind": "first", "silent": 0, "content_hash": "", "template": "", "number": 1}
            db.table("versions").insert({**text, **seen, **what, "id": f"{number}@0", "article_id": number})


STORY = {"id": 7, "body": body(FERRY), "subtitle": "The end of a line"}
AGAIN = {"id": 9, "body": body(FERRY), "subtitle": "The end of a line", "title": "\x1b[31mRed\u202e headline"}
LONGER = {"id": 5, "body": body(FERRY + MORE), "subtitle": None}


def links(database: Path) -> list[dict[str, Any]]:
    return rows(database, "select * from duplicates order by earlier_id, later_id")


def test_a_sweep_links_what_is_alike(tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    write(db, [STORY, AGAIN, LONGER, {"id": 8, "body": body(RIVAL)}, {"id": 10, "body": ""}])
    told: list[tuple[str, int, int]] = []
    summary = sweep(db, clock=lambda: NOON, progress=lambda *step: told.append(step))
    assert [(link["earlier_id"], link["later_id"], link["relation"]) for link in links(db)] == [
        (7, 5, "extended"),
        (7, 9, "republished"),
        (9, 5, "extended"),
    ]
    assert links(db)[1] == {
        "earlier_id": 7, "later_id": 9, "similarity": 1.0, "contained": 1.0, "relation": "republished"
    }  # fmt: skip
    assert summary == {
        "articles": 5, "too_short": 1, "common": 0, "chained": 0, "pairs": 3, "columns": 0, "links": 3
    }  # fmt: skip
    noted = one(db, "select value from derivation where name = 'duplicates'")
    assert json.loads(noted) == {"swept_at": "2026-11-23T03:00:00Z", **summary}
    assert told == [("articles read", 5, 5), ("pairs compared", 3, 3)]


def test_a_second_sweep_replaces_the_first(tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    write(db, [STORY, AGAIN])
    sweep(db)
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("update articles set body = ? where id = 9", [body(RIVAL)])
    assert sweep(db)["links"] == 0
    assert links(db) == []


@pytest.mark.parametrize(
    ("first", "second", "earlier"),
    [("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 7), ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", 9)],
)
def test_the_earlier_is_the_one_posted_earlier_then_the_lower_number(
    tmp_path: Path, first: str, second: str, earlier: int
) -> None:
    db = tmp_path / "archive.db"
    write(db, [{**AGAIN, "posted_at": second}, {**STORY, "posted_at": first}])
    sweep(db)
    assert [link["earlier_id"] for link in links(db)] == [earlier]


@pytest.mark.parametrize("articles", [[], [STORY]])
def test_an_archive_with_nothing_to_compare(tmp_path: Path, articles: list[dict[str, Any]]) -> None:
    db = tmp_path / "archive.db"
    write(db, articles)
    assert sweep(db)["links"] == 0
    assert links(db) == []


def test_the_number_of_workers_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.duplicates.ARTICLES_AT_ONCE", 7)
    monkeypatch.setattr("jobs.duplicates.PAIRS_AT_ONCE", 3)
    db = tmp_path / "archive.db"
    write(db, [{"id": 100 - n, "body": " ".join(text)} for n, text in enumerate(some_texts(9))])
    found = []
    for workers in (1, 2, 3):
        summary = sweep(db, workers)
        found.append((summary, links(db)))
    assert found[0] == found[1] == found[2]
    assert len(found[0][1]) > 10


def test_a_killed_worker_is_told_of() -> None:
    with pytest.raises(ChildProcessError, match="was killed"), _workers(2) as each:
        list(each(os._exit, [1]))


def test_a_failed_sweep_leaves_the_old_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = tmp_path / "archive.db"
    write(db, [STORY, AGAIN])
    sweep(db)
    before = links(db)
    twice = [near.Link(7, 9, compare(["w"], ["w"]))] * 2
    monkeypatch.setattr("jobs.duplicates._measure", lambda database, pairs: twice)
    monkeypatch.setattr(near.Likeness, "linked", True)
    with pytest.raises(sqlite3.IntegrityError):
        sweep(db)
    assert links(db) == before


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    db = tmp_path / "archive.db"
    write(db, [STORY, AGAIN, LONGER, {"id": 8, "body": body(RIVAL)}])
    return db


def test_the_command_sweeps_and_lists(filled: Path, hani: Hani) -> None:
    ran = hani("-v", "duplicates")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == "4 articles, 3 pairs compared, 3 links"
    assert lines[1] == "1.00  republished"
    assert lines[2].split() == ["7", "2026-11-23", "12:00", "KST", "Headline", "7"]
    assert lines[3].endswith("2026-11-23 13:00 KST  [31mRed headline")
    assert "extended" in lines[4] and lines[-1].startswith("3 links, of 4 articles, compared 20")
    assert "articles read: 4 of 4" in ran.err and "pairs compared: 3 of 3" in ran.err


def test_each_tenth_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with watching_steps() as told, caplog.at_level(logging.INFO, "hani"):
        for done in range(1, 1001):
            told("articles read", done, 1000)
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "articles read: 1,000 of 1,000"


def test_rows_as_json(filled: Path, hani: Hani) -> None:
    ran = hani("duplicates", "--json", "--at-least", "1", "--limit", "1")
    assert ran.data == [
        {
            "earlier_id": 7,
            "later_id": 9,
            "similarity": 1.0,
            "contained": 1.0,
            "relation": "republished",
            "earlier_title": "Headline 7",
            "earlier_url": "https://www.hani.co.kr/7.html",
            "earlier_posted_at": "2026-11-23T03:00:00Z",
            "later_title": AGAIN["title"],
            "later_url": "https://www.hani.co.kr/9.html",
            "later_posted_at": "2026-11-23T04:00:00Z",
        }
    ]


def test_the_links_of_one_article(filled: Path, hani: Hani) -> None:
    assert hani("duplicates").code == 0
    found = hani("duplicates", "9", "--json").data
    assert [(link["earlier_id"], link["later_id"]) for link in found] == [(7, 9), (9, 5)]
    assert hani("duplicates", "8").out.startswith("0 links, of 4 articles")
    unknown = hani("duplicates", "12")
    assert unknown.code == 2 and "12 is not in the archive" in unknown.sentence


@pytest.mark.parametrize("arguments", [["7"], ["--no-sweep"]])
def test_without_a_sweep_the_command_says_so(filled: Path, hani: Hani, arguments: list[str]) -> None:
    ran = hani("duplicates", *arguments)
    assert ran.code == 2 and ran.out == ""
    assert ran.sentence.startswith("hani: nobody has looked for near-duplicates yet")


def test_a_similarity_that_is_no_number_is_refused(filled: Path, hani: Hani) -> None:
    ran = hani("duplicates", "--at-least", "nan")
    assert (ran.code, ran.out) == (2, "") and "'nan' is no similarity" in ran.sentence


def test_no_sweep_lists_the_last_one(filled: Path, hani: Hani) -> None:
    sweep(filled)
    with closing(sqlite3.connect(filled)) as connection, connection:
        connection.execute("update articles set body = '' where id = 9")
    ran = hani("duplicates", "--no-sweep", "--limit", "2")
    assert ran.code == 0 and ran.err == ""
    assert ran.out.splitlines()[-1].startswith("2 links (the first; --limit shows more), of 4 articles")


def test_at_least_takes_the_part_held_where_one_text_is_in_the_other(tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    write(
        db, [{"id": 1, "body": body(FERRY[:2])}, {"id": 2, "body": body(FERRY + MORE)}, {"id": 3, "body": body(RIVAL)}]
    )
    sweep(db)
    shorter_first = links(db)[0]
    assert (shorter_first["similarity"] < 0.3, shorter_first["contained"]) == (True, 1.0)
    with closing(open_reader(db)) as archive:
        assert [link["later_id"] for link in near.links(archive, 0.95, 10)] == [2]
        assert [link["earlier_id"] for link in near.links_of(archive, 2)] == [1]
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("update articles set posted_at = '2020-01-01T00:00:00Z' where id = 2")
    sweep(db)
    with closing(open_reader(db)) as archive:
        assert [link["relation"] for link in near.links(archive, 1, 10)] == ["shortened"]


def test_a_crawl_under_way_comes_first(filled: Path, hani: Hani) -> None:
    with crawl_lock(filled, "hani nightly"):
        ran = hani("duplicates")
    assert ran.code == 4 and "hani nightly" in ran.sentence


def test_what_is_left_out_is_said(tmp_path: Path, hani: Hani) -> None:
    db = tmp_path / "archive.db"
    writer = Writer(8, 3000, 300)
    standing = writer.text(300)
    articles = [{"id": n, "body": " ".join(standing + writer.text(30))} for n in range(1, 31)]
    articles += [{"id": n, "body": body(FERRY)} for n in range(31, 53)]
    articles += [{"id": 53, "body": count(1)}, {"id": 54, "body": count(2)}, {"id": 55, "body": PHOTO}]
    write(db, articles)
    said = hani("duplicates").out.splitlines()[:5]
    assert said[0] == "55 articles, 22 pairs compared, 21 links"
    assert [int(line.split()[0]) for line in said[1:]] == [1, 30, 22, 1]


def test_no_archive(hani: Hani) -> None:
    ran = hani("duplicates")
    assert ran.code == 2 and "there is no archive" in ran.sentence
