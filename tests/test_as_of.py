"""As it was: by what was captured, and by what the stamps claim."""

from pathlib import Path
from typing import Any

import pytest

from archive.database import open_reader
from archive.reads.edits import as_of
from archive.records import FetchOutcome
from tests.conftest import ROOT, Hani, rows
from tests.test_rebuilding import capture, store

EARLY, NOON = "2023-06-01T00:00:00Z", "2023-06-10T12:00:00Z"


def page(text: str, stamp: str) -> str:
    return f"Rice\n{stamp}\n{text}"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Article 3: two texts under one stamp (a silent edit), one with a later stamp, then the first again, stamp and all.

    Article 4 vanishes, is confirmed removed, and returns.
    """
    path = tmp_path / "archive.db"
    with store(path) as made:
        for day, text, stamp in (
            ("02", "One.", EARLY),
            ("05", "Two.", EARLY),
            ("11", "Three.", NOON),
            ("20", "One.", EARLY),
        ):
            made.record(capture(3, f"2023-06-{day}T03:00:00Z", page(text, stamp)), None)
        made.record(capture(4, "2023-06-02T03:00:00Z", page("Four.", EARLY)), None)
        for day in ("05", "06", "08"):
            made.record(capture(4, f"2023-06-{day}T03:00:00Z", None, FetchOutcome.GONE), None)
        made.record(capture(4, "2023-06-15T03:00:00Z", page("Four.", EARLY)), None)
    return path


def told(path: Path, known: str, published: str | None = None) -> dict[int, tuple[str, str]]:
    connection = open_reader(path)
    try:
        return {row["article_id"]: (row["body"][0], row["status"]) for row in as_of(connection, known, published)}
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("2023-06-02T02:59:59Z", {}),
        ("2023-06-02T03:00:00Z", {3: ("One.", "live"), 4: ("Four.", "live")}),
        ("2023-06-05T02:59:59Z", {3: ("One.", "live"), 4: ("Four.", "live")}),
        ("2023-06-05T03:00:00Z", {3: ("Two.", "live"), 4: ("Four.", "missing")}),
        ("2023-06-08T02:59:59Z", {3: ("Two.", "live"), 4: ("Four.", "missing")}),
        ("2023-06-08T03:00:00Z", {3: ("Two.", "live"), 4: ("Four.", "removed")}),
        ("2023-06-14T00:00:00Z", {3: ("Three.", "live"), 4: ("Four.", "removed")}),
        ("2023-06-15T03:00:00Z", {3: ("Three.", "live"), 4: ("Four.", "returned")}),
        ("2030-01-01T00:00:00Z", {3: ("One.", "live"), 4: ("Four.", "returned")}),
    ],
)
def test_knowledge_time(archive: Path, known: str, expected: dict[int, tuple[str, str]]) -> None:
    assert told(archive, known) == expected


@pytest.mark.parametrize(
    ("published", "known", "text"),
    [
        ("2023-05-31T23:59:59Z", "2030-01-01T00:00:00Z", None),
        (EARLY, "2023-06-02T03:00:00Z", "One."),
        (EARLY, "2023-06-06T00:00:00Z", "Two."),  # of two texts under one stamp the one seen last
        (EARLY, "2030-01-01T00:00:00Z", "One."),
        ("2023-06-10T11:59:59Z", "2023-06-12T00:00:00Z", "Two."),
        (NOON, "2023-06-12T00:00:00Z", "Three."),  # the stamp tells of it before it was captured
        (NOON, "2023-06-06T00:00:00Z", "Two."),  # but it was not known by then
        ("2023-07-01T00:00:00Z", "2030-01-01T00:00:00Z", "One."),  # what was captured last takes back the later stamp
        ("2023-07-01T00:00:00Z", "2023-06-19T00:00:00Z", "Three."),
    ],
)
def test_publication_time(archive: Path, published: str, known: str, text: str | None) -> None:
    found = told(archive, known, published)
    assert found.get(3, (None, ""))[0] == text


def test_the_documented_queries_say_the_same(archive: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, known, published in (("known", NOON, None), ("published", "2030-01-01T00:00:00Z", NOON)):
        start = readme.index(f"with at({name})")
        query = readme[start : readme.index(";", start)].replace("2026-11-23T14:59:59Z", NOON)
        found = {row["article_id"]: row["body"] for row in rows(archive, query)}
        assert found == {article: text for article, (text, _) in told(archive, known, published).items()}


def said(hani: Hani, *arguments: str) -> Any:
    ran = hani("as-of", *arguments, "--json")
    assert ran.code == 0, ran.err
    return ran.data


def test_the_command_in_korean_days(archive: Path, hani: Hani) -> None:
    assert [row["body"] for row in said(hani, "2023-06-05", "3")] == [["Two."]]  # its end in Korea is 14:59:59 UTC
    assert [row["body"] for row in said(hani, "2023-06-05T11:59+09:00", "3")] == [["One."]]
    assert [row["body"] for row in said(hani, "2023-06-05T12:00+09:00", "3")] == [["Two."]]
    assert {row["article_id"] for row in said(hani, "2023-06-05")} == {3, 4}
    assert [row["body"] for row in said(hani, "2023-06-10", "3", "--published")] == [["One."]]
    assert [row["body"] for row in said(hani, "2023-06-10", "3", "--published", "--known", "2023-06-12")] == [
        ["Three."]
    ]
    assert [row["body"] for row in said(hani, "2023-06-10", "3", "--published", "--known", "2023-06-06")] == [["Two."]]
    text = hani("as-of", "2023-06-05", "4").out
    assert "Four." in text and "missing" in text and "2023-06-02 12:00 KST" in text
    listed = hani("as-of", "2023-06-09").out
    assert "(removed)" in listed and "v2" in listed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["yesterday"], "MOMENT 'yesterday' is no time"),
        (["2023-02-30"], "MOMENT '2023-02-30' is no day"),
        (["2023-06-05T12:00"], "has no zone"),
        (["2023-06-05", "99"], "article 99 is not in the archive"),
        (["2023-06-01", "3"], "the archive had captured nothing of article 3 by 2023-06-01 23:59 KST"),
        (["2023-05-01", "3", "--published"], "stamps have nothing of article 3"),
        (["2023-06-05", "--known", "2023-06-06"], "--known goes with --published"),
    ],
)
def test_bad_input_gets_a_sentence(archive: Path, hani: Hani, arguments: list[str], sentence: str) -> None:
    ran = hani("as-of", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.sentence
