"""Comparing word by word loses no word; what a person types into the search is never syntax."""

import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.comparing.comparison import ADDED, REMOVED, SAME, Piece, likeness, paragraphs, words
from archive.errors import BadQuery
from archive.migrations import migrations
from archive.reads.search import Sought, fts_query, search

WORDS = st.lists(
    st.sampled_from(["the", "ministry", "412", "said", "—", "“no,”", " ", "\n", "café", "한겨레에서", "a_b", "."]),
    max_size=20,
)
TEXTS = st.text(max_size=40) | WORDS.map(" ".join)


def old(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if piece.kind != ADDED)


def new(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if piece.kind != REMOVED)


@settings(deadline=None, max_examples=400)
@given(TEXTS, TEXTS)
def test_the_pieces_give_both_texts_back(before: str, after: str) -> None:
    pieces = words(before, after)
    assert old(pieces) == before
    assert new(pieces) == after
    assert all(piece.text for piece in pieces)


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert words(text, text) == ([Piece(SAME, text)] if text else [])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a 412 c", "a 413 c", [(SAME, "a "), (REMOVED, "412 "), (ADDED, "413 "), (SAME, "c")]),
        ("a b", "a b c", None),
        ("", "new", [(ADDED, "new")]),
        ("gone", "", [(REMOVED, "gone")]),
        ("", "", []),
    ],
)
def test_what_changed_word_by_word(before: str, after: str, expected: list[tuple[str, str]] | None) -> None:
    pieces = words(before, after)
    assert expected is None or [(piece.kind, piece.text) for piece in pieces] == expected
    assert (old(pieces), new(pieces)) == (before, after)


BODIES = st.lists(TEXTS.filter(bool), max_size=8)


@settings(deadline=None, max_examples=200)
@given(BODIES, BODIES)
def test_the_paragraphs_give_both_bodies_back(before: list[str], after: list[str]) -> None:
    compared = paragraphs(before, after)
    assert [old(line) for line in compared if any(piece.kind != ADDED for piece in line)] == before
    assert [new(line) for line in compared if any(piece.kind != REMOVED for piece in line)] == after


def test_an_edited_paragraph_is_compared_with_itself() -> None:
    before = ["First stays.", "The ministry collected 412 complaints on Monday.", "Last stays."]
    after = ["First stays.", "A new one.", "The ministry collected 413 complaints on Monday.", "Last stays."]
    kinds = [[piece.kind for piece in line] for line in paragraphs(before, after)]
    assert kinds == [[SAME], [ADDED], [SAME, REMOVED, ADDED, SAME], [SAME]]


@settings(deadline=None, max_examples=100)
@given(TEXTS, TEXTS)
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == 1


# --- the search ---

ROW = "insert into articles values (?, 'u', ?, ?, ?, ?, '[]', null, 'p', null, null, 'live', 1, 1, 'f', 'l', 'c', 0, null)"


@contextmanager
def archive() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        migrations.apply(Database(connection))
        rows = [
            (1, "A trilateral summit", None, "Nothing else.", "By Kim A-ra, staff reporter"),
            (2, "Passbooks", "A summit of one", "The summit was trilateral at first, then café.", None),
            (3, "국회에서 열린 회의", None, "The National Assembly met.", None),
        ]
        connection.executemany(ROW, rows)
        yield connection


def found(text: str) -> list[int]:
    with archive() as connection:
        return [row["id"] for row in search(connection, Sought(text))]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("trilateral summit", [1, 2]),
        ("TRILATERAL summit", [1, 2]),
        ('"trilateral summit"', [1]),
        ('"trilateral summit', [1]),
        ("trilat*", [1, 2]),
        ("trilat", []),
        ("cafe", [2]),
        ("국회", [3]),
        (unicodedata.normalize("NFD", "국회"), [3]),
        ("국회에서", [3]),
        ("Kim A-ra", [1]),
        ("summit AND", []),
        ("title:summit", []),
        ("summit NOT trilateral", []),
        ("A-ra", [1]),
        ("summit, trilateral!", [1, 2]),
        ("nobody", []),
    ],
)
def test_what_is_found(text: str, ids: list[int]) -> None:
    assert sorted(found(text)) == ids


def test_the_headline_counts_most() -> None:
    assert found("trilateral")[0] == 1


@pytest.mark.parametrize("text", ["", " ", '"', '""', "*", "-", "( )", "…", "“”", "\x00"])
def test_a_search_without_a_word_is_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        fts_query(text)


SYNTAX = st.sampled_from(
    [
        '"',
        "*",
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "a",
        "title:",
        "-",
        "+",
        "^",
        "{",
        "}",
        ",",
        " ",
        "국회",
        "'",
        "_",
        ":",
        "\x00",
        ";",
    ]
)


@settings(deadline=None, max_examples=400)
@given(st.lists(SYNTAX, max_size=10).map("".join) | st.text(max_size=20) | st.text(st.characters(), max_size=10))
def test_nothing_that_is_typed_is_syntax(text: str) -> None:
    try:
        query = fts_query(text)
    except BadQuery:
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create virtual table t using fts5 (title, tokenize='unicode61 remove_diacritics 2')")
        connection.execute("insert into t values ('a summit')")
        connection.execute("select * from t where t match ?", [query]).fetchall()
