"""The key itself: enough edits of every kind, and no label that its own texts contradict. No rule runs here."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archive.records import Article
from tests.edits import KINDS, PLACED, Labelled, Place, labelled

EDITS = labelled()
WHOLE = {
    "headline": "title",
    "subtitle": "subtitle",
    "byline": "byline",
    "authors": "authors",
    "section": "section",
    "posted": "posted_at",
    "stamp": "modified_at",
    "original": "original_url",
}
METADATA = {"section", "posted", "original", "image"}
OPENING = re.compile(r"[\"“‘]")  # a closing single mark may be an apostrophe
LABELS = [(edit, place, kinds) for edit in EDITS for place, kinds in edit.kinds.items()]


def value(article: Article, field: str) -> object:
    """What an article has in a field that has no places."""
    return [image.src for image in article.images] if field == "image" else getattr(article, WHOLE[field])


def texts(article: Article, field: str) -> tuple[str, ...]:
    return article.body if field == "body" else article.captions


def text(edit: Labelled, place: Place) -> str:
    """The text that a label speaks of; fails where there is no such paragraph or caption."""
    field, number = place
    if number is None:
        return str(value(edit.after, field))
    return texts(edit.before, field)[-number - 1] if number < 0 else texts(edit.after, field)[number - 1]


def signs(text: str) -> str:
    """A text without its typography: letters and digits alone, full-width forms as plain ones."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isalnum())


def changed(edit: Labelled) -> set[Place]:
    """The places at which the two states differ, but for paragraphs that moved: only labels tell which one did."""
    places: set[Place] = {
        (field, None) for field in [*WHOLE, "image"] if value(edit.before, field) != value(edit.after, field)
    }
    for field in PLACED:
        before, after = texts(edit.before, field), texts(edit.after, field)
        places |= {(field, number) for number, new in enumerate(after, 1) if new not in before}
    return places


def test_there_are_enough_edits() -> None:
    assert len(EDITS) >= 160


def test_every_kind_is_labelled_often_enough() -> None:
    counts = Counter(kind for edit in EDITS for kinds in edit.kinds.values() for kind in kinds)
    assert {kind: counts[kind] for kind in KINDS if counts[kind] < 12} == {}


def test_every_kind_stands_alone_often_enough() -> None:
    counts = Counter(kinds for edit in EDITS for kinds in edit.kinds.values())
    alone = {kind: frozenset({kind}) for kind in KINDS} | {"correction": frozenset({"correction", "addition"})}
    assert {kind: counts[kinds] for kind, kinds in alone.items() if counts[kinds] < 12} == {}


def test_every_place_exists() -> None:
    assert all(edit.kinds for edit in EDITS)
    for edit, place, _ in LABELS:
        assert text(edit, place), (edit.name, place)


def test_before_and_after_differ_at_every_label() -> None:
    for edit, (field, number), kinds in LABELS:
        if number is None:
            differs = value(edit.before, field) != value(edit.after, field)
        elif number < 0:
            differs = text(edit, (field, number)) not in texts(edit.after, field)
        else:
            differs = kinds == {"move"} or text(edit, (field, number)) not in texts(edit.before, field)
        assert differs, (edit.name, field, number)


def test_every_difference_has_its_label() -> None:
    assert {edit.name: left for edit in EDITS if (left := changed(edit) - set(edit.kinds))} == {}


def test_every_lost_paragraph_is_labelled_gone_or_has_become_another() -> None:
    for edit in EDITS:
        for field in PLACED:
            lost = [old for old in texts(edit.before, field) if old not in texts(edit.after, field)]
            gone = [place for place in edit.kinds if place[0] == field and (place[1] or 0) < 0]
            came = [place for place, kinds in edit.kinds.items() if place[0] == field and kinds != {"move"}]
            assert len(gone) <= len(lost) <= len(came), (edit.name, field)


def test_a_move_is_alone_and_changes_no_word() -> None:
    for edit, (field, number), kinds in LABELS:
        if "move" in kinds:
            assert kinds == {"move"}, edit.name
            assert texts(edit.before, field).index(text(edit, (field, number))) + 1 != number, edit.name


def test_format_is_alone_and_changes_no_letter() -> None:
    for edit, (field, _), kinds in LABELS:
        if "format" in kinds:
            assert kinds == {"format"}, edit.name
            states = [edit.before, edit.after]
            old, new = ("".join(texts(s, field)) if field in PLACED else str(value(s, field)) for s in states)
            assert signs(old) == signs(new), edit.name


def test_stamp_and_metadata_are_kinds_of_their_own_fields() -> None:
    for edit, (field, _), kinds in LABELS:
        assert (field == "stamp") == (kinds == {"stamp"}) == ("stamp" in kinds), edit.name
        assert (field in METADATA) == (kinds == {"metadata"}) == ("metadata" in kinds), edit.name


def test_a_quote_has_quotation_marks_before_or_after() -> None:
    for edit, (field, number), kinds in LABELS:
        if "quote" in kinds and field not in PLACED:
            assert OPENING.search(f"{value(edit.before, field)} {value(edit.after, field)}"), edit.name
        elif "quote" in kinds:
            lost = [old for old in texts(edit.before, field) if old not in texts(edit.after, field)]
            assert OPENING.search(" ".join([text(edit, (field, number)), *lost])), edit.name


def test_a_correction_is_an_addition_too() -> None:
    assert [edit.name for edit, _, kinds in LABELS if "correction" in kinds and "addition" not in kinds] == []


def test_the_documentation_gives_the_keys_own_numbers() -> None:
    document = (Path(__file__).parent.parent / "docs/edits.md").read_text("utf-8")
    counts = Counter(kind for _, _, kinds in LABELS for kind in kinds)
    alone = Counter(kind for _, _, kinds in LABELS for kind in kinds if len(kinds) == 1)
    assert f"{len(EDITS)} edits with {len(LABELS)} labelled changes" in document
    assert [kind for kind in KINDS if f"| `{kind}` | {counts[kind]} | {alone[kind]} |" not in document] == []


def a_good_edit() -> dict[str, Any]:
    return {
        "name": "one",
        "note": "a figure",
        "before": {"title": "A headline", "body": ["Two men sang.", "“No,” said one."], "captions": ["A man sings."]},
        "after": {"body": ["Three men sang.", "“No,” said one."]},
        "kinds": {"body:1": ["figure"]},
    }


def written(folder: Path, *edits: dict[str, Any]) -> Path:
    (folder / "some.json").write_text(json.dumps(edits), "utf-8")
    return folder


def test_what_after_does_not_give_it_takes_from_before(tmp_path: Path) -> None:
    (edit,) = labelled(written(tmp_path, a_good_edit()))
    assert edit.kinds == {("body", 1): frozenset({"figure"})}
    assert (edit.before.body[0], edit.after.body[0]) == ("Two men sang.", "Three men sang.")
    assert edit.after.title == "A headline"
    assert edit.after.captions == ("A man sings.",)
    assert edit.after.images == edit.before.images
    assert edit.after.posted_at == "2026-05-04T02:00:00Z"
    assert edit.after.template == "g3"


@pytest.mark.parametrize(
    "wrong",
    [
        {"comment": "no such key"},
        {"before": {"title": "A headline", "body": ["A"], "author": "no such field"}},
        {"before": {"title": "A headline", "body": "no list"}},
        {"before": {"body": ["no title"]}},
        {"before": {"title": "A headline", "body": ["A"], "section": ["no text"]}},
        {"before": {"title": "A headline", "body": ["A"], "captions": ["A", "B"], "pictures": ["https://a.example/"]}},
        {"after": {"title": "A headline"}},
        {"after": {"subtitle": None}},
        {"kinds": {"body:1": ["figures"]}},
        {"kinds": {"body:1": []}},
        {"kinds": {"body:1": ["figure", "figure"]}},
        {"kinds": {"title": ["rewrite"]}},
        {"kinds": {"body": ["figure"]}},
        {"kinds": {"headline:1": ["rewrite"]}},
        {"kinds": {"body:0": ["figure"]}},
        {"kinds": {"body:x": ["figure"]}},
    ],
    ids=str,
)
def test_what_it_does_not_know_it_refuses(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        labelled(written(tmp_path, {**a_good_edit(), **wrong}))


def test_two_edits_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one"):
        labelled(written(tmp_path, a_good_edit(), a_good_edit()))
