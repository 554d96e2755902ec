"""Markdown is read back, by a CommonMark parser, as it was meant."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from archive.comparing.pieces import Told
from archive.display.markup import steerless
from jobs.screen import markdown
from jobs.screen.terminal import one_line
from tests.conftest import Hani, run_hani
from tests.reading import an_article, written

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SIGNS = [*"*_`[]<>|#-+=1.)~&;:!\\ \t\nab(가é₩“”$@/", "&amp;", "http://a.b", "***", "```", "    "]
LETTERS = st.characters(exclude_categories=["Cs"])
HOSTILE = st.lists(st.one_of(st.sampled_from(SIGNS), LETTERS), max_size=20).map("".join)
TITLE = "1. *Rice* _rises_ | `code` [link](http://a.example) <b>&amp;</b> ~~x~~ # #"
OLD, NEW = "The fire killed 12 people.", "The fire killed 13 people."


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


def text_of(tokens: list[Token]) -> str:
    """The text of inline tokens; whatever else there is stands out."""
    plain = ("text", "code_inline")
    marks = ("strong_open", "strong_close", "s_open", "s_close", "link_open", "link_close")
    return "".join(t.content if t.type in plain else "" if t.type in marks else f"<{t.type}>" for t in tokens)


def blocks(source: str) -> list[str]:
    return [token.type for token in PARSER.parse(source) if token.nesting >= 0]


@given(HOSTILE)
@example("- a")
@example("12) b")
@example("=== ")
@example("a\n---")
@example("a  \\")
def test_a_text_is_a_paragraph_that_says_just_this(text: str) -> None:
    source = markdown.escaped(text)
    line = one_line(text)
    assert blocks(source) == (["paragraph_open", "inline"] if line else [])
    assert text_of(inline(PARSER.parse(source))) == line


@given(HOSTILE)
@example("title #")
def test_a_heading_is_one_heading(text: str) -> None:
    source = f"{markdown.heading(text, 2)}\n\nafter"
    assert blocks(source) == ["heading_open", "inline", "paragraph_open", "inline"]
    assert text_of(inline(PARSER.parse(source))[:-1]) == (one_line(text) or "–")


@given(st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=3))
def test_a_tables_cells_are_the_texts(rows: list[tuple[str, str]]) -> None:
    source = "\n".join(markdown.table(("One", "Two"), [tuple(map(markdown.escaped, row)) for row in rows]))
    tokens = PARSER.parse(source)
    assert tokens[0].type == "table_open" and tokens[-1].type == "table_close"
    cells = [text_of(token.children or []) for token in tokens if token.type == "inline"]
    assert cells == ["One", "Two", *(one_line(cell) for row in rows for cell in row)]


@given(st.lists(st.tuples(st.sampled_from(["same", "removed", "added"]), HOSTILE), max_size=5))
@example([("same", "was about to begin"), ("added", ". The managers said"), ("same", ".")])
@example([("removed", "(12)"), ("added", "(13)"), ("same", "people")])
@example([("added", "1. x")])
def test_what_was_taken_out_is_struck_and_what_was_put_in_is_strong(parts: list[tuple[str, str]]) -> None:
    source = markdown.pieces(Told(kind, text) for kind, text in parts)
    assert blocks(source) in (["paragraph_open", "inline"], [])
    found, kind = {"same": "", "removed": "", "added": ""}, "same"
    for token in inline(PARSER.parse(source)):
        if token.type == "text":
            found[kind] += token.content
        else:
            kind = {"s_open": "removed", "strong_open": "added", "s_close": "same", "strong_close": "same"}[token.type]
    for kind, text in found.items():
        said = ("".join(part.split()) or ("␣" if part and kind != "same" else "") for k, part in parts if k == kind)
        said = (steerless(part) for part in said)
        assert "".join(text.split()) == "".join(said)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            [("same", "killed "), ("removed", "12 "), ("added", "13 "), ("same", "people")],
            "killed ~~12~~ **13** people",
        ),
        ([("same", "begin"), ("added", ". They"), ("same", ".")], "begin **. They**."),
        ([("same", "a"), ("removed", " "), ("same", "b")], "a ~~␣~~ b"),
        ([("same", "1. a_b _c_")], "1\\. a_b \\_c\\_"),
        ([("added", "*x*"), ("same", "y")], "**\\*x\\*** y"),
    ],
)
def test_marks_as_they_are_written(parts: list[tuple[str, str]], expected: str) -> None:
    assert markdown.pieces(Told(kind, text) for kind, text in parts) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/1.html?x=1", "<https://a.example/1.html?x=1>"),
        ("https://a.example/a>b", "https://a.example/a\\>b"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_only_an_address_is_a_link(url: str, expected: str) -> None:
    assert markdown.link(url) == expected


# --- the commands ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles with a hostile headline and one text, one of which was edited, and one that was taken away."""
    path = tmp_path_factory.mktemp("markdown") / "archive.db"
    day = "2023-06-{:02}T03:00:00Z".format
    long = " ".join(f"word{n}" for n in range(40))
    seen = [
        (3, day(10), an_article(TITLE, OLD, long)),
        (3, day(12), an_article(TITLE, NEW, long)),
        (4, day(10), an_article(TITLE, NEW, long)),
        *((4, day(11 + 2 * n), None) for n in range(3)),
    ]
    written(path, seen)
    assert run_hani(path, path.parent, "duplicates").code == 0
    return path


@pytest.mark.parametrize(
    ("command", "where"),
    [
        (["show", "3"], "heading"),
        (["as-of", "2023-06-30", "3"], "heading"),
        (["versions", "3"], "cell"),
        (["search", "fire"], "cell"),
        (["search", "--removed", "12"], "cell"),
        (["as-of", "2023-06-30"], "cell"),
        (["duplicates", "--no-sweep"], "cell"),
        (["diff", "3"], "heading with number"),
        (["changes"], "heading with number"),
        (["removed"], "heading with number"),
    ],
)
def test_each_command_gives_a_hostile_headline_as_it_is(made: Path, hani: Hani, command: list[str], where: str) -> None:
    ran = hani(*command, "--md", db=made)
    assert ran.code == 0, ran.err
    tokens = PARSER.parse(ran.out)
    named = [(tokens[n - 1].type, text_of(t.children or [])) for n, t in enumerate(tokens) if t.type == "inline"]
    titles = {"heading": TITLE, "cell": TITLE, "heading with number": f"{4 if command == ['removed'] else 3}: {TITLE}"}
    kind = "td_open" if where == "cell" else "heading_open"
    assert (kind, titles[where]) in named
    assert {t.type for t in tokens} & {"html_block", "code_block", "fence", "hr", "ordered_list_open"} == set()


def test_a_comparison_in_markdown(made: Path, hani: Hani) -> None:
    assert hani("diff", "3", "--md", db=made).out.split("\n\n")[2:] == [
        "## Paragraph 1 (figure)",
        "The fire killed ~~12~~ **13** people.\n",
    ]


@pytest.mark.parametrize("command", ["status", "gaps"])
def test_what_an_operator_looks_at_is_a_table(made: Path, hani: Hani, command: str) -> None:
    assert "table_open" in blocks(hani(command, "--md", db=made).out)
