"""The commands about history, as a reader uses them: changes, search in edits, removed."""

from pathlib import Path
from typing import Any

import pytest

from archive.records import FetchOutcome
from tests.conftest import Hani, rows
from tests.test_rebuilding import capture, store

EARLY, LATER = "2023-06-01T00:00:00Z", "2023-06-12T00:00:00Z"
LONG = "The mill by the river was built for barley, and the barley was carried there by boat every autumn."
FIRST = f"Rice\n{EARLY}\nThe minister said “we will wait” on Monday.\nThe fire killed 12 people.\n{LONG}"
FIGURE = FIRST.replace("12 people", "13 people")
QUOTES = FIGURE.replace("“we will wait”", '"we will wait"')
GROWN = (
    QUOTES.replace(EARLY, LATER) + "\nA whole paragraph about hostels was put in on the next day, with nine words more."
)
TRICK = "Rice red \x1b[K\u202egnp"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Article 3 in e_national: a silent figure, typography, then an addition with a stamp. Article 5: a headline."""
    path = tmp_path / "archive.db"
    with store(path) as made:
        for day, body in (("02", FIRST), ("05", FIGURE), ("06", QUOTES), ("13", GROWN)):
            made.record(capture(3, f"2023-06-{day}T03:00:00Z", body), None)
        for day, title in (("02", "Barley"), ("20", TRICK)):
            body = FIRST.replace("Rice", title).replace(EARLY, EARLY if title == "Barley" else LATER)
            made.record(capture(5, f"2023-06-{day}T03:00:00Z", body, section="e_business"), None)
    return path


def listed(hani: Hani, *arguments: str) -> list[dict[str, Any]]:
    ran = hani("changes", "--json", *arguments)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.data
    return found


def brief(found: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    return [(row["article_id"], row["field"], row["kind"]) for row in found]


def test_the_biggest_edit_comes_first_and_typography_is_left_out(archive: Path, hani: Hani) -> None:
    found = brief(listed(hani))
    assert found == [
        (3, "body", "addition"),
        (3, "stamp", "stamp"),
        (5, "headline", "rewrite"),
        (5, "stamp", "stamp"),
        (3, "body", "figure"),
    ]
    sizes = [row["edit_size"] for row in listed(hani)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(0 <= row["size"] <= row["edit_size"] <= 1 for row in listed(hani))
    assert (3, "body", "format") in brief(listed(hani, "--typography"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--kind", "figure"], [(3, "body", "figure")]),
        (["--kind", "format"], [(3, "body", "format")]),
        (["--silent"], [(3, "body", "figure")]),
        (["--silent", "--typography"], [(3, "body", "figure"), (3, "body", "format")]),
        (["--section", "e_business", "--kind", "stamp"], [(5, "stamp", "stamp")]),
        (["--section", "e_sports"], []),
        (["--since", "2023-06-14", "--kind", "stamp"], [(5, "stamp", "stamp")]),
        (["--since", "2023-06-13T03:00:00Z", "--article", "3", "--kind", "stamp"], [(3, "stamp", "stamp")]),
        (["--since", "2023-06-13T03:00:01Z", "--article", "3"], []),
        (["--until", "2023-06-05"], [(3, "body", "figure")]),
        (["--until", "2023-06-04"], []),
        (["--until", "2023-06-05T03:00:00Z"], [(3, "body", "figure")]),
        (["--until", "2023-06-05T02:59:59Z"], []),
        (["--least", "19%"], [(3, "body", "addition"), (3, "stamp", "stamp")]),
        (["--least", "1"], []),
        (["--newest", "--limit", "1"], [(5, "headline", "rewrite"), (5, "stamp", "stamp")]),
        (
            ["--article", "3", "--limit", str(10**30)],
            [(3, "body", "addition"), (3, "stamp", "stamp"), (3, "body", "figure")],
        ),
        (["--article", "3", "--limit", "1"], [(3, "body", "addition"), (3, "stamp", "stamp")]),
    ],
)
def test_filters(archive: Path, hani: Hani, arguments: list[str], expected: list[tuple[int, str, str]]) -> None:
    assert brief(listed(hani, *arguments)) == expected


def test_a_change_says_what_stood_and_what_stands_where(archive: Path, hani: Hani) -> None:
    (row,) = listed(hani, "--kind", "figure")
    assert (row["before"], row["after"], row["place"]) == (
        "The fire killed 12 people.",
        "The fire killed 13 people.",
        2,
    )
    assert (row["words_added"], row["words_removed"], row["added"], row["removed"]) == (1, 1, "13", "12")
    assert (row["version_id"], row["silent"]) == (
        rows(archive, "select id from versions where article_id = 3 and number = 2")[0]["id"],
        1,
    )
    assert (row["before_seen_at"], row["after_seen_at"]) == ("2023-06-02T03:00:00Z", "2023-06-05T03:00:00Z")
    assert (row["before_stamp"], row["after_stamp"]) == (EARLY, EARLY)


def test_the_proof_of_a_silent_edit_for_people(archive: Path, hani: Hani) -> None:
    out = hani("changes", "--silent").out
    digests = rows(archive, "select first_digest from versions where article_id = 3 order by number limit 2")
    for digest in digests:
        assert digest["first_digest"][:12] in out
    for moment in ("2023-06-02 12:00 KST", "2023-06-05 12:00 KST", "stamp 2023-06-01 09:00 KST"):
        assert moment in out
    assert "[-12-]{+13+}" in out.replace("[-12-] {+13+}", "[-12-]{+13+}")


def test_search_in_what_edits_took_out_and_put_in(archive: Path, hani: Hani) -> None:
    def found(*arguments: str) -> list[tuple[int, str]]:
        ran = hani("search", "--json", *arguments)
        assert ran.code == 0, ran.err
        return [(row["article_id"], row["field"]) for row in ran.data]

    assert found("--removed", "12") == [(3, "body")]
    assert found("--added", "12") == []
    assert found("--added", "hostels") == [(3, "body")]
    assert found("--added", "nine", "hostels") == [(3, "body")]
    assert found("--added", "paragraph about hostels") == [(3, "body")]
    assert found("--removed", "hostels") == []
    assert found("--added", "minister") == []  # it stands in the articles, but no edit put it in
    assert found("--removed", "'; DROP") == []
    assert hani("search", "--added", "hostels").out.count("«hostels»") == 1


def test_nothing_of_the_web_reaches_the_terminal_raw(archive: Path, hani: Hani) -> None:
    for command in (["changes"], ["search", "--added", "red"], ["as-of", "2023-07-01"], ["as-of", "2023-07-01", "5"]):
        out = hani(*command).out
        assert "red" in out
        assert "\x1b" not in out and "\u202e" not in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["changes", "--since", "soon"], "--since 'soon' is no time"),
        (["changes", "--since", "2023-13-01"], "--since '2023-13-01' is no day"),
        (["changes", "--until", "soon"], "--until 'soon' is no time"),
        (["changes", "--least", "110%"], "'110%' is no share such as 5% or 0.05"),
        (["changes", "--least", "much"], "'much' is no share"),
        (["changes", "--kind", "lies"], "'lies' is not one of"),
        (["changes", "--article", "x"], "x"),
        (["changes", "--limit", "0"], "0 is not in the range"),
        (["search", "--removed", "--added", "x"], "--removed or --added or --all-versions, not more than one"),
        (["search", "--removed", "…"], "no word to search for"),
    ],
)
def test_bad_input_gets_a_sentence(archive: Path, hani: Hani, arguments: list[str], sentence: str) -> None:
    ran = hani(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.sentence


@pytest.mark.parametrize("command", [["changes"], ["removed"], ["as-of", "2023-06-01"], ["rebuild"], ["reprocess"]])
def test_without_an_archive(hani: Hani, command: list[str]) -> None:
    ran = hani(*command)
    assert ran.code == 2
    assert "there is no archive at" in ran.sentence


def test_an_archive_without_edits_or_removals(tmp_path: Path, hani: Hani) -> None:
    with store(tmp_path / "archive.db") as made:
        made.record(capture(3, "2023-06-02T03:00:00Z", FIRST), None)
    assert hani("changes").out == "no edit is found\n"
    assert hani("removed").out == "nothing was removed\n"
    assert (listed(hani), hani("removed", "--json").data) == ([], [])


def test_an_archive_derived_by_another_version_says_so(archive: Path, hani: Hani) -> None:
    import sqlite3

    connection = sqlite3.connect(archive)
    connection.execute("update derivation set value = 'fold 0' where name = 'history'")
    connection.commit()
    connection.close()
    ran = hani("changes")
    assert ran.code == 0
    assert ran.err == "hani: the history was derived by another version of hani; `hani rebuild` brings it up to date\n"


def test_suspected_removals_are_listed_when_asked_for(tmp_path: Path, hani: Hani) -> None:
    with store(tmp_path / "archive.db") as made:
        made.record(capture(3, "2023-06-02T03:00:00Z", FIRST), None)
        made.record(capture(3, "2023-06-03T03:00:00Z", None, FetchOutcome.GONE), None)
    assert hani("removed").out == "nothing was removed\n1 more suspected, not confirmed yet (--suspected lists them)\n"
    (stone,) = hani("removed", "--suspected", "--json").data
    assert (stone["status"], stone["confirmed_at"], stone["checks"]) == ("missing", None, 1)
    assert hani("show", "3").out.count("missing") == 1


# --- the clock of a replica ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "sentence"), [("2026-11-24T03:00+09:00", "it needs --origin"), ("soon", "it needs --origin")]
)
def test_the_site_itself_is_never_asked_under_a_set_clock(hani: Hani, tmp_path: Path, now: str, sentence: str) -> None:
    ran = hani("nightly", HANI_NOW=now)
    assert ran.code == 2
    assert sentence in ran.sentence
    assert not (tmp_path / "archive.db").exists()
