"""How well the kinds are told: `python -m tests.edits.measured` writes the table into docs/edits.md."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from archive.comparing.changes import KINDS, changes_between
from archive.records import Article
from tests.edits import labelled

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "edits.md"
MARK = "<!-- measured -->"

Kinds = dict[tuple[str, int | None], frozenset[str]]


@dataclass
class Score:
    """Kinds that were found rightly, found wrongly, and missed."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    exact: int = 0
    edits: int = 0

    def precision(self, kind: str) -> float:
        """The share of what was found that is right."""
        return self.right[kind] / (self.right[kind] + self.wrong[kind])

    def recall(self, kind: str) -> float:
        """The share of what is there that was found."""
        return self.right[kind] / (self.right[kind] + self.missed[kind])


def found_between(before: Article, after: Article) -> Kinds:
    """The changes as the labels name them: a paragraph taken out by its number in the older text, negative."""
    found = {}
    for change in changes_between(before, after):
        gone = change.place is not None and change.after is None
        place = -change.place if gone and change.place is not None else change.place
        found[change.field, place] = frozenset(change.kinds)
    return found


def score() -> Score:
    """The rules against all labelled edits: a kind counts where it stands at the place that the label names."""
    result = Score()
    for edit in labelled():
        found: Kinds = found_between(edit.before, edit.after)
        result.edits += 1
        result.exact += found == edit.kinds
        for place in found.keys() | edit.kinds.keys():
            seen, labels = found.get(place, frozenset()), edit.kinds.get(place, frozenset())
            result.right.update(seen & labels)
            result.wrong.update(seen - labels)
            result.missed.update(labels - seen)
    return result


def table() -> str:
    """The figures as the document shows them."""
    result = score()
    lines = ["| kind | labels | precision | recall |", "|---|---|---|---|"]
    for kind in KINDS:
        labels = result.right[kind] + result.missed[kind]
        lines.append(f"| `{kind}` | {labels} | {result.precision(kind):.2f} | {result.recall(kind):.2f} |")
    return "\n".join(
        [
            *lines,
            "",
            f"{result.exact} of {result.edits} edits come out exactly as labelled, in every kind at every place.",
        ]
    )


def main() -> None:
    """Write the table between its two marks."""
    text = DOCUMENT.read_text("utf-8")
    head, _, rest = text.partition(MARK)
    _, _, tail = rest.partition(MARK)
    DOCUMENT.write_text(f"{head}{MARK}\n\n{table()}\n\n{MARK}{tail}", "utf-8")


if __name__ == "__main__":
    main()
