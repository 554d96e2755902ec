"""Two versions beside each other: every word of both is shown, once, in place, and nothing of it as markup."""

from html import unescape
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from archive.web.differences import Difference, Unchanged, differences, excerpt
from tests.reading import an_article

SENTENCES = [
    "The ministry counted 1,284 residents.",
    "The ministry counted 1,248 residents.",
    "“We were late,” the mayor said. “We are sorry.”",
    "“We were early,” the mayor said. “We are sorry.”",
    "It rained.",
    "국회에서 법안이 통과됐다.",
    "<b>Bold</b> & plain",
    "A long walk along the shore of the island, with a dog that did not want to go home.",
    "The bus left at nine. Nobody was on it.",
]
BODIES = st.lists(
    st.one_of(st.sampled_from(SENTENCES), st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=4).map(" ".join)),
    min_size=1,
    max_size=8,
)


def plain(markup: str, without: str = "none") -> str:
    """The words that a reader sees, without those of one kind."""
    fragment = html.fragment_fromstring(markup, create_parent="div")
    for element in fragment.findall(f".//{without}"):
        element.drop_tree()
    for line in fragment.findall(".//br"):
        line.tail = "\n" + (line.tail or "")
    return fragment.text_content()


def squeezed(text: str) -> str:
    return " ".join(text.split())


def letters(text: str) -> str:
    """Without spaces: between what was taken out and what was put in one stands that neither side has."""
    return "".join(text.split())


def shown(old: list[str], new: list[str]) -> list[Difference | Unchanged]:
    return differences(an_article("T", *old), an_article("T", *new))[1]


@settings(max_examples=300, deadline=None)
@given(BODIES, BODIES)
def test_every_paragraph_of_both_texts_is_shown_once(old: list[str], new: list[str]) -> None:
    parts = shown(old, new) if old != new else []
    kept = [part.paragraphs for part in parts if isinstance(part, Unchanged)]
    changed = [part for part in parts if isinstance(part, Difference)]
    if old == new:
        return
    for body, sides in ((new, [part.after for part in changed]), (old, [part.before for part in changed])):
        words = [squeezed(plain(str(side))) for side in sides]
        assert sorted(" ".join([*words, *chain(*kept)]).split()) == sorted(" ".join(body).split())


@settings(max_examples=200, deadline=None)
@given(BODIES, BODIES)
def test_inline_is_both_sides_in_one(old: list[str], new: list[str]) -> None:
    for part in shown(old, new):
        if isinstance(part, Difference):
            both = str(part.both)
            assert letters(plain(both, without="del")) == letters(plain(str(part.after)))
            assert letters(plain(both, without="ins")) == letters(plain(str(part.before)))


def test_the_newer_text_stands_in_its_order() -> None:
    old = ["One.", "Two is here.", "Three.", "Four.", "Five.", "Six."]
    new = ["One.", "Two was here.", "Three.", "Four.", "Five.", "Six.", "Seven."]
    assert [
        part.paragraphs if isinstance(part, Unchanged) else (part.name, str(part.both)) for part in shown(old, new)
    ] == [
        ("One.",),
        ("Paragraph 2", "Two <del>is</del> <ins>was</ins> here."),
        ("Three.", "Four.", "Five.", "Six."),
        ("Paragraph 7", "<ins>Seven.</ins>"),
    ]


def test_what_was_taken_out_stands_where_it_stood() -> None:
    parts = shown(["One.", "A paragraph goes.", "Three."], ["One.", "Three."])
    assert [part.paragraphs if isinstance(part, Unchanged) else str(part.both) for part in parts] == [
        ("One.",),
        "<del>A paragraph goes.</del>",
        ("Three.",),
    ]


def test_a_paragraph_split_around_another_is_shown_whole() -> None:
    """Its parts are no neighbours any more, and the one between moved there."""
    old = ["The bus left at nine. Nobody was on it.", "It rained.", "A dog barked all night in the yard."]
    new = ["The bus left at nine.", "A dog barked all night in the yard.", "Nobody was on it.", "It rained."]
    words = " ".join(
        plain(str(part.after)) if isinstance(part, Difference) else " ".join(part.paragraphs)
        for part in shown(old, new)
    )
    assert sorted(words.split()) == sorted(" ".join(new).split())


def test_figures_and_quotations_are_told_apart() -> None:
    old = ["The ministry counted 1,284 residents.", "“We were late,” the mayor said."]
    new = ["The ministry counted 1,248 residents.", "“We were early,” the mayor said."]
    first, second = (part for part in shown(old, new) if isinstance(part, Difference))
    assert str(first.both) == (
        'The ministry counted <del class="figure">1,284</del> <ins class="figure">1,248</ins> residents.'
    )
    assert 'class="quote">late' in str(second.before)
    assert 'class="quote">early' in str(second.after)


def test_fields_come_first_and_all_are_numbered() -> None:
    before = an_article("Old headline", "One.", subtitle="A subtitle", modified_at="2023-06-09T08:50:00Z")
    after = an_article("New headline", "Two.", modified_at="2023-06-09T09:50:00Z")
    fields, text = differences(before, after)
    assert [(one.number, one.name) for one in fields] == [(1, "Headline"), (2, "Subtitle"), (3, "Modified")]
    assert [one.number for one in text if isinstance(one, Difference)] == [4, 5]
    assert str(fields[1].both) == "<del>A subtitle</del>"
    assert plain(str(fields[2].before)) == "2023-06-09 17:50 KST"
    assert plain(str(fields[2].after)) == "2023-06-09 18:50 KST"


def test_markup_in_a_text_is_text() -> None:
    (part,) = shown(["<script>alert(1)</script> was"], ["<img src=x onerror=alert(1)> is"])
    assert isinstance(part, Difference)
    fragment = html.fragment_fromstring(str(part.both), create_parent="div")
    assert {element.tag for element in fragment.iter()} <= {"div", "ins", "del", "span"}
    assert "<script>alert(1)</script>" in unescape(plain(str(part.before)))


@pytest.mark.parametrize("length", [0, 1, 5000])
def test_an_excerpt_is_bounded(length: int) -> None:
    words = " ".join(f"word{n}" for n in range(length))
    shown_part = str(excerpt(f"{words} late {words}", f"{words} early {words}", "body", ["rewrite"]))
    assert "<del>late</del> <ins>early</ins>" in shown_part
    assert len(plain(shown_part)) < 400


def test_an_excerpt_of_a_paragraph_that_only_moved_is_its_beginning() -> None:
    words = "It stands elsewhere now. " * 20
    assert str(excerpt(words, words, "body", ["move"])) == words[:120] + "…"
    assert str(excerpt("Short.", "Short.", "body", ["move"])) == "Short."


def test_a_text_of_a_megabyte_is_cut_and_says_so() -> None:
    gone, come = shown(["x" * 1_000_000], ["y" * 1_000_000])
    assert isinstance(gone, Difference)
    assert isinstance(come, Difference)
    assert len(str(gone.both)) < 110_000
    assert str(come.after).endswith("…</ins>")
