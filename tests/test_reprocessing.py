"""A better cleaner: what would differ is said first, with its cause; what was citable stays findable."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from archive.database import open_reader
from archive.errors import UnknownVersion
from archive.readings import Cleaner
from archive.reads import queries
from archive.rebuilding import adopt, build
from archive.reprocessing import UNDECLARED, Difference, Outlook, outlook
from tests.conftest import rows
from tests.test_rebuilding import BETTER, BODIES, CLEANER, DAYS, STAMP, capture, derived, read_better, rebuilt, store

PLAIN = f"Rice\n{STAMP}\nRice rose by 3 percent.\nIt rained."
ADVERT = f"Rice\n{STAMP}\nRice rose by 3 percent.\nIt rained.\nBuy rice!"
EDITED = f"Rice\n{STAMP}\nRice rose by 5 percent.\nIt rained."


def rules_at_work(body: bytes) -> Mapping[str, list[str]]:
    return {"adverts": ["Buy rice!"]} if b"Buy rice!" in body else {}


def look(path: Path, cleaner: Cleaner = BETTER, parts: Mapping[str, int] | None = None) -> Outlook:
    build(path, cleaner, lambda *_: None, 1)
    return outlook(path, parts or {"rule adverts": 2}, rules_at_work)


def grown(path: Path, *bodies: str, article: int = 3, cleaner: Cleaner | None = None) -> None:
    with store(path, cleaner or Cleaner(CLEANER.read_page, "one", {"rule adverts": 1})) as archive:
        for number, body in enumerate(bodies):
            archive.record(capture(article, DAYS[number], body), None)


def single(found: Outlook) -> Difference:
    assert len(found.differences) == 1
    return found.differences[0]


def test_the_same_cleaner_makes_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    grown(path, PLAIN, ADVERT, EDITED)
    found = look(path, Cleaner(CLEANER.read_page, "one", {"rule adverts": 1}), {"rule adverts": 1})
    assert (found.articles, found.differences) == (1, [])


def test_versions_that_only_our_cleaner_told_apart_become_one(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    grown(path, PLAIN, ADVERT, EDITED)
    before = derived(path)
    ids = [row["id"] for row in rows(path, "select id from versions order by number")]
    found = single(look(path))
    assert (found.effect, found.versions_before, found.versions_after) == ("fewer versions", 3, 2)
    assert found.causes == ("rule adverts",)
    assert found.fields["body"][0] == "Rice rose by 3 percent.\n\nIt rained.\n\nBuy rice!"
    assert found.fields["body"][1] == "Rice rose by 3 percent.\n\nIt rained."
    assert derived(path) == before  # so far nothing was changed
    adopt(path)
    left = rows(path, "select id, number, kind from versions order by number")
    assert [(v["id"], v["number"], v["kind"]) for v in left] == [(ids[0], 1, "first"), (ids[2], 2, "text")]
    with closing(open_reader(path)) as archive:
        for asked, leads_to in zip(ids, (ids[0], ids[0], ids[2]), strict=True):
            assert queries.version(archive, 3, asked)["id"] == leads_to
            assert queries.version(archive, 3, asked.partition("@")[2][:6])["id"] == leads_to
        assert queries.version(archive, 3, ids[1])["asked_id"] == ids[1]
        with pytest.raises(UnknownVersion, match="has no version"):
            queries.version(archive, 3, "3@000000000000")


def test_what_was_refused_comes_in_with_its_true_first_date(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    grown(path, "Lone\n#1", "Lone\n#2")
    assert rows(path, "select * from articles") == []
    found = single(look(path))
    assert (found.effect, found.title, found.versions_before, found.versions_after) == ("comes in", "Lone", 0, 1)
    assert found.causes == ("rule adverts",)
    adopt(path)
    assert rows(path, "select first_seen_at, last_seen_at, versions from articles") == [
        {"first_seen_at": DAYS[0], "last_seen_at": DAYS[1], "versions": 1}
    ]


def test_what_a_worse_cleaner_loses_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    grown(path, "Lone", cleaner=Cleaner(read_better, "two", {"rule adverts": 2}))
    found = single(look(path, Cleaner(CLEANER.read_page, "three", {"rule adverts": 3}), {"rule adverts": 3}))
    assert (found.effect, found.versions_after) == ("goes out", 0)


def test_a_part_whose_version_nobody_raised_is_named_as_that(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    grown(path, "Lone")
    assert single(look(path, BETTER, {"rule adverts": 1})).causes == (UNDECLARED,)


def test_of_several_changed_parts_none_is_accused_for_sure(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    grown(path, "Lone", cleaner=Cleaner(CLEANER.read_page, "one", {"rule adverts": 1, "page": 1}))
    found = single(look(path, BETTER, {"rule adverts": 2, "page": 2}))
    assert found.causes == ("one of page, rule adverts",)


def test_counts_by_effect_and_cause_with_examples(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for article in range(10, 16):
        grown(path, PLAIN, ADVERT, article=article)
    grown(path, "Lone", article=20)
    grown(path, PLAIN, EDITED, article=21)
    found = look(path)
    assert found.articles == 8
    assert dict(found.effects) == {"fewer versions": 6, "comes in": 1}
    assert dict(found.causes) == {"rule adverts": 7}
    assert [d.article_id for d in found.examples()["rule adverts"]] == [10, 11, 12]


def test_an_edit_of_theirs_stays_one_under_the_better_cleaner(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    grown(path, ADVERT, EDITED, BODIES[3])
    changes = rows(path, "select kind from changes order by id")
    assert len(changes) > 2
    found = rebuilt(path, BETTER)
    assert [row[3] for row in sorted(found["versions"], key=lambda row: row[2])] == ["first", "text", "text"]
    kinds = {row["kind"] for row in rows(path, "select kind from changes")}
    assert kinds == {"figure", "stamp", "correction", "addition"}


def test_a_night_with_a_better_cleaner_reports_no_edit(tmp_path: Path) -> None:
    """Versions that part under the new cleaner were there all along: tonight's page is not the one that changed."""
    path = tmp_path / "a.db"

    def blind(body: bytes) -> object:
        """Yesterday's cleaner: it did not see figures at all."""
        return CLEANER.read_page(body.replace(b"3", b"X").replace(b"5", b"X"))

    grown(path, PLAIN, EDITED, cleaner=Cleaner(blind, "zero", {}))  # type: ignore[arg-type]
    assert len(rows(path, "select * from versions")) == 1
    with store(path) as archive:
        stored = archive.record(capture(3, DAYS[4], EDITED + "\n#again"), None)
    assert (stored.outcome, stored.version_id, stored.silent) == ("unchanged", None, False)
    assert len(rows(path, "select * from versions")) == 2
