"""The kinds against the labelled edits: the documented figures are those of the rules as they are, and good ones."""

from archive.comparing.changes import KINDS
from tests.edits.measured import DOCUMENT, score, table

LEAST_PRECISION = 0.9
LEAST_RECALL = 0.8  # format: where paragraphs are parted or joined, the labels name both, the rules one


def test_the_document_says_what_the_rules_come_to() -> None:
    assert table() in DOCUMENT.read_text("utf-8")


def test_every_kind_is_told_well() -> None:
    result = score()
    assert result.edits >= 120
    assert {kind: result.precision(kind) for kind in KINDS if result.precision(kind) < LEAST_PRECISION} == {}
    assert {kind: result.recall(kind) for kind in KINDS if result.recall(kind) < LEAST_RECALL} == {}


def test_a_changed_figure_is_never_hidden() -> None:
    """The one kind that must not be missed: a corrected death toll is no noise."""
    result = score()
    assert result.missed["figure"] == 0
