"""Bodies come back as they arrived, whatever they lean on, and never lean on more than two others."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.migrations import migrations
from archive.payloads import DamagedPayload, PayloadWriter, compress, decompress, read_payload
from archive.records import digest
from archive.times import stamp

PAGES = sorted((Path(__file__).resolve().parent.parent / "jobs" / "replica" / "pages").glob("*/*.html"))
START = datetime(2026, 1, 6, tzinfo=UTC)
BODIES = st.binary(max_size=300) | st.binary(min_size=1, max_size=20).map(lambda b: b * 500)


@contextmanager
def archive() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        migrations.apply(Database(connection))
        yield connection


def depth(connection: sqlite3.Connection, name: str) -> int:
    """How many other payloads must be read to read this one."""
    lean_on = connection.execute("select dictionary from payloads where digest = ?", [name]).fetchone()[0]
    return 1 + depth(connection, lean_on) if lean_on else 0


@settings(deadline=None, max_examples=200)
@given(BODIES, st.none() | BODIES)
def test_what_was_compressed_comes_back(body: bytes, dictionary: bytes | None) -> None:
    assert decompress(compress(body, dictionary), dictionary) == body


@pytest.mark.parametrize("size", [0, 1, 7, 8, 1000, 128 * 1024, 1_000_000])
def test_a_body_against_itself_is_next_to_nothing(size: int) -> None:
    body = random.Random(size).randbytes(size)
    stored = compress(body, body)
    assert decompress(stored, body) == body
    assert len(stored) < 64 + size / 100


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_refetch_with_noise_costs_a_few_per_cent_of_the_page(path: Path) -> None:
    page = path.read_bytes()
    places = random.Random(7).sample(range(len(page)), 12)
    noisy = page
    for number, place in enumerate(places):
        noisy = noisy[:place] + f"token{number:08d}".encode() + noisy[place:]
    stored = compress(noisy, page)
    assert decompress(stored, page) == noisy
    assert len(stored) < 0.06 * len(page)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),  # the article
            BODIES,
            st.sampled_from(["g2", "g3"]),
            st.integers(0, 400),  # days
            st.booleans(),  # whether this page begins a version
            st.booleans(),  # whether the article has a version to lean on
        ),
        max_size=25,
    )
)
def test_no_payload_leans_on_more_than_two_and_all_come_back(
    pages: list[tuple[int, bytes, str, int, bool, bool]],
) -> None:
    with archive() as connection:
        writer = PayloadWriter(connection)
        began: dict[int, str] = {}
        bodies: dict[str, bytes] = {}
        for article, body, kind, days, begins, leans in pages:
            name = digest(body)
            writer.store(body, name, kind, stamp(START + timedelta(days=days)), began.get(article) if leans else None)
            bodies[name] = body
            if begins:
                began[article] = name
        for name, body in bodies.items():
            assert read_payload(connection, name) == body
            assert depth(connection, name) <= 2
        assert connection.execute("select count(*) from payloads").fetchone()[0] == len(bodies)


def test_versions_upon_versions_do_not_make_a_chain() -> None:
    with archive() as connection:
        writer = PayloadWriter(connection)
        before: str | None = None
        for night in range(30):
            body = f"{'a page of the site ' * 50}{night}".encode()
            name = digest(body)
            writer.store(body, name, "g3", stamp(START + timedelta(days=night)), before)
            assert depth(connection, name) <= 2
            before = name  # every night begins a version


def test_a_first_page_leans_on_a_recent_one_of_its_template_alone() -> None:
    rows = [
        (b"a" * 400, "g3", 0),
        (b"b" * 400, "g3", 10),
        (b"c" * 400, "g2", 10),
        (b"d" * 400, "g3", 400),
        (b"e" * 400, "no_body", 0),
    ]
    with archive() as connection:
        writer = PayloadWriter(connection)
        for body, kind, days in rows:
            writer.store(body, digest(body), kind, stamp(START + timedelta(days=days)), None)
        leans = dict(connection.execute("select digest, dictionary from payloads").fetchall())
        assert leans == {
            digest(rows[0][0]): None,
            digest(rows[1][0]): digest(rows[0][0]),
            digest(rows[2][0]): None,
            digest(rows[3][0]): None,
            digest(rows[4][0]): None,
        }


def test_a_body_is_stored_once() -> None:
    with archive() as connection:
        writer = PayloadWriter(connection)
        for _ in range(3):
            writer.store(b"page", digest(b"page"), "g3", stamp(START), digest(b"page"))
        assert connection.execute("select length, dictionary from payloads").fetchall() == [(4, None)]


def test_damage_is_noticed_and_never_returned() -> None:
    first, second = b"first page " * 100, b"second page " * 100
    with archive() as connection:
        writer = PayloadWriter(connection)
        writer.store(first, digest(first), "g3", stamp(START), None)
        writer.store(second, digest(second), "g3", stamp(START), None)
        with pytest.raises(DamagedPayload, match="not in the archive"):
            read_payload(connection, digest(b"nobody"))
        for broken in (b"", b"nonsense", compress(b"other bytes", None)):
            connection.execute("update payloads set body = ? where digest = ?", [broken, digest(first)])
            for name in (digest(first), digest(second)):
                with pytest.raises(DamagedPayload):
                    read_payload(connection, name)
