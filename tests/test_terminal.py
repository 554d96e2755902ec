"""What people meet in a terminal: colours, the pager, widths, and that nothing from the web steers it."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.screen.colours import wants_colour
from jobs.screen.terminal import Screen, Span, beside, cells, fold, painted, shortened, table, width_of
from tests.conftest import ROOT, Hani, Ran, run_hani
from tests.programs import needs
from tests.reading import an_article, written
from tests.terminals import Seen, in_terminal

TRICK = "Rice | *red* \x1b[31mred\x1b[0m \u202egnp\u202c \x9b2J _end_ <b>&amp;</b>"
HANGUL = "국회에서 통과된 법안"
URL = "https://english.hani.co.kr/arti/english_edition/e_national/" + "9" * 60 + ".html"
OLD, NEW = "The fire killed 12 people, the mayor said.", "The fire killed 13 people, the mayor said."
LONG = tuple(f"Paragraph {n} tells of the mill by the river, of its barley and of the boats." for n in range(60))
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Article 3 has a hostile headline and a silent figure; 4 is long; 5 has a headline in Hangul; 6 was taken away."""
    path = tmp_path_factory.mktemp("made") / "archive.db"
    day = "2023-06-{:02}T03:00:00Z".format
    seen = [
        (3, day(10), an_article(TRICK, OLD, URL)),
        (3, day(12), an_article(TRICK, NEW, URL)),
        (4, day(10), an_article("A long one", *LONG)),
        (5, day(10), an_article(HANGUL * 4, "Rice.")),
        (6, day(10), an_article("Gone", "Barley.")),
        *((6, day(11 + 2 * n), None) for n in range(3)),
    ]
    written(path, seen)
    assert run_hani(path, path.parent, "duplicates").code == 0
    return path


def at_terminal(made: Path, *arguments: str, height: int = 24, set_to: Mapping[str, str] | None = None) -> Seen:
    command = [sys.executable, "-m", "jobs", "--db", str(made), *arguments]
    return in_terminal(command, made.parent, height=height, environment=set_to)


# --- colours ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
def test_who_wants_colours(
    monkeypatch: pytest.MonkeyPatch, choice: str, environment: dict[str, str], terminal: bool, expected: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert wants_colour(choice) is expected


def test_an_edit_in_colours_keeps_its_marks_unless_they_are_left_out(made: Path) -> None:
    shown = at_terminal(made, "diff", "3")
    assert shown.code == 0
    assert "\x1b[9;31;1m[-12-]\x1b[0m \x1b[4;32;1m{+13+}\x1b[0m" in shown.text
    assert "\x1b[1;33msilent\x1b[0m" in shown.text and "(\x1b[36mfigure\x1b[0m)" in shown.text
    bare = at_terminal(made, "diff", "3", "--no-marks").text
    assert "\x1b[9;31;1m12\x1b[0m \x1b[4;32;1m13\x1b[0m" in bare


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--color", "never"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"}), ([], {"CLICOLOR": "0"})],
)
def test_without_colours_the_marks_say_it(made: Path, arguments: list[str], environment: dict[str, str]) -> None:
    shown = at_terminal(made, *arguments, "diff", "3", "--no-marks", set_to=environment)
    assert "\x1b" not in shown.text and "[-12-] {+13+}" in shown.text


def test_a_pipe_has_colours_only_when_asked_for(made: Path) -> None:
    def piped(*arguments: str, **environment: str) -> str:
        return run_hani(made, made.parent, *arguments, **environment).out

    assert "\x1b" not in piped("diff", "3")
    assert "\x1b[9;31;1m" in piped("--color", "always", "diff", "3")
    assert "\x1b[9;31;1m" in piped("diff", "3", FORCE_COLOR="1")
    assert "\x1b[9;31;1m" in piped("diff", "3", CLICOLOR_FORCE="1")


# --- the pager -------------------------------------------------------------------------------------------------------


def test_what_is_longer_than_the_screen_goes_through_the_pager(made: Path) -> None:
    by = {"PAGER": "sed s/^/P:/"}
    paged = at_terminal(made, "show", "4", set_to=by)
    assert paged.code == 0 and all(line.startswith("P:") for line in paged.lines)
    assert "P:\x1b[1mA long one\x1b[0m" in paged.text
    assert "P:" not in at_terminal(made, "show", "4", height=200, set_to=by).text
    assert "P:" not in at_terminal(made, "show", "5", set_to=by).text
    assert "P:" not in at_terminal(made, "--no-pager", "show", "4", set_to=by).text


@pytest.mark.parametrize(
    ("environment", "paged"),
    [
        ({"PAGER": ""}, False),
        ({"PAGER": "cat"}, False),
        ({"PAGER": "sed s/^/P:/", "HANI_PAGER": ""}, False),
        ({"PAGER": "cat", "HANI_PAGER": "sed s/^/P:/"}, True),
        ({"PAGER": "sed s/^/P:/", "TERM": "dumb"}, False),
    ],
)
def test_which_pager(made: Path, environment: dict[str, str], paged: bool) -> None:
    assert ("P:" in at_terminal(made, "show", "4", set_to=environment).text) is paged


@pytest.mark.parametrize("arguments", [["--json", "show", "4"], ["show", "4", "--md"]])
def test_data_is_never_paged(made: Path, arguments: list[str]) -> None:
    shown = at_terminal(made, *arguments, set_to={"PAGER": "sed s/^/P:/"})
    assert "P:" not in shown.text and "Paragraph 59" in shown.text


def test_a_pager_that_is_not_there_is_done_without(made: Path) -> None:
    shown = at_terminal(made, "--color", "never", "show", "4", set_to={"PAGER": "no-such-pager -x"})
    assert shown.code == 0 and "no-such-pager" in shown.lines[0]
    assert "Paragraph 59" in shown.text


def test_a_pager_that_is_left_early_is_no_failure(made: Path) -> None:
    shown = at_terminal(made, "as-of", "2023-06-30", height=3, set_to={"PAGER": "head -n 1"})
    assert (shown.code, len(shown.lines)) == (0, 1)


@needs("less")
def test_less_shows_colours_and_is_left_with_q(made: Path) -> None:
    command = [sys.executable, "-m", "jobs", "--db", str(made), "show", "4"]
    shown = in_terminal(command, made.parent, keys=[("Paragraph 0", "q")], environment={"LESS": "-M"})
    assert shown.code == 0
    assert "\x1b[1mA long one" in shown.text and "Paragraph 59" not in shown.text


# --- widths ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 80, 300])
@pytest.mark.parametrize(
    "command",
    [
        ["show", "3"],
        ["versions", "3"],
        ["diff", "3"],
        ["diff", "3", "--side-by-side"],
        ["changes", "--silent"],
        ["search", "fire"],
        ["search", "--removed", "12"],
        ["as-of", "2023-06-30"],
        ["as-of", "2023-06-30", "--limit", "1"],
        ["search", "fire", "--limit", "1"],
        ["removed"],
        ["duplicates", "--no-sweep"],
        ["status"],
        ["gaps"],
    ],
)
def test_no_line_is_wider_than_the_terminal(made: Path, hani: Hani, command: list[str], width: int) -> None:
    out = hani(*command, db=made, COLUMNS=str(width)).out
    wide = [line for line in out.split("\n") if cells(line) > width]
    assert [line for line in wide if len(line.split()) > 1 and "│" not in line] == []
    assert all("https://" in line for line in wide)


def test_a_long_address_can_be_copied(made: Path, hani: Hani) -> None:
    assert URL in hani("show", "3", db=made, COLUMNS="40").out.split("\n")


def test_columns_line_up_beside_hangul() -> None:
    rows = [
        [Span("3"), Span("국회"), Span("Barley from the mill by the river")],
        [Span("12"), Span("mill"), Span("국회에서 통과된 법안이 공포되었다고")],
    ]
    lines = painted(table(rows, 38, frozenset([0])), colour=False).split("\n")
    assert lines == [" 3  국회  Barley from the mill by the…", "12  mill  국회에서 통과된 법안이 공포…"]
    assert [cells(line) for line in lines] == [38, 38]


def test_a_table_without_room_puts_its_last_column_below() -> None:
    rows = [[Span("3"), Span("1213377@fdbbd7d0918a"), Span("Barley from the mill by the river")]]
    assert painted(table(rows, 40), colour=False).split("\n") == [
        "3  1213377@fdbbd7d0918a",
        "    Barley from the mill by the river",
    ]


def test_two_columns_stand_beside_each_other() -> None:
    lines = beside([[Span("국회")], [Span("b")]], [[Span("right")]], 6)
    assert painted(lines, colour=False) == "국회   │ right\nb      │"


TEXTS = st.text(st.sampled_from("ab가é\u0301 .\t\n-/👩\u200d"), max_size=60)


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["", "removed", "added figure"])), max_size=5), st.integers(8, 60))
def test_folding_breaks_lines_at_spaces_alone(parts: list[tuple[str, str]], width: int) -> None:
    text = [Span(words, style) for words, style in parts]
    lines = list(fold(text, width, "  ", "   "))
    whole = "".join(words for words, _ in parts)
    assert painted(lines, colour=False).split() == whole.split()
    for line in lines:
        shown = painted([line], colour=False)
        assert width_of(line) <= width or len(shown.split()) == 1
        assert re.sub("\x1b\\[[0-9;]*m", "", painted([line], colour=True)).rstrip() == shown.rstrip()


@given(st.text(max_size=80), st.integers(1, 40))
def test_a_shortened_text_fits_and_begins_as_it_did(text: str, width: int) -> None:
    short = shortened(text, width)
    assert cells(short) <= width
    whole = shortened(text, 10_000)
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))


def test_a_screen_of_unknown_width_folds_running_text_alone() -> None:
    assert (Screen().prose, Screen(40).prose, Screen(300).prose) == (80, 40, 100)
    assert Screen().listed > 10_000 and Screen(40).listed == 40


# --- forms, and what comes from the web ------------------------------------------------------------------------------

READING = [
    ["show", "3"],
    ["versions", "3"],
    ["diff", "3"],
    ["changes"],
    ["search", "fire"],
    ["search", "--removed", "12"],
    ["as-of", "2023-06-30"],
    ["as-of", "2023-06-30", "3"],
    ["removed"],
    ["duplicates", "--no-sweep"],
]


@pytest.mark.parametrize("command", READING)
def test_nothing_from_the_web_steers_the_terminal_in_any_form(made: Path, hani: Hani, command: list[str]) -> None:
    for form in ([], ["--md"], ["--json"]):
        ran = hani(*command, *form, db=made)
        assert ran.code == 0, ran.err
        assert STEERING.findall(ran.out) == [], form
        if form == ["--json"]:
            json.loads(ran.out)


def test_json_gives_back_what_was_there(made: Path, hani: Hani) -> None:
    assert hani("show", "3", "--json", db=made).data["title"] == TRICK


@pytest.mark.parametrize("command", READING)
def test_a_form_may_stand_before_or_behind_the_command_but_only_one(made: Path, hani: Hani, command: list[str]) -> None:
    for form in ("--json", "--md"):
        assert hani(form, *command, db=made).out == hani(*command, form, db=made).out != ""
    for both in (["--json", *command, "--md"], ["--json", "--md", *command], [*command, "--md", "--json"]):
        ran = hani(*both, db=made)
        assert (ran.code, ran.out) == (2, "") and "Give --json or --md, not both." in ran.sentence


def test_a_command_without_markdown_says_so(made: Path, hani: Hani) -> None:
    ran = hani("--md", "nightly", db=made)
    assert ran.code == 2 and "hani nightly has no Markdown" in ran.sentence


# --- interrupted output ----------------------------------------------------------------------------------------------


def shell(made: Path, script: str) -> Ran:
    command = f"set -o pipefail; hani() {{ '{sys.executable}' -m jobs --db '{made}' \"$@\"; }}; {script}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("command", ["changes", "show 4", "--json as-of 2023-06-30", "show 4 --md"])
def test_a_reader_that_has_seen_enough_is_no_failure(made: Path, command: str) -> None:
    ran = shell(made, f"hani {command} | head -n 1")
    assert (ran.code, ran.err, len(ran.out.splitlines())) == (0, "", 1)


@pytest.mark.parametrize("command", ["changes", "show 4", "--json as-of 2023-06-30", "show 4 --md", "--help"])
def test_output_that_cannot_be_written_is_told_in_a_sentence(made: Path, command: str) -> None:
    ran = shell(made, f"hani {command} > /dev/full")
    assert (ran.code, ran.err) == (1, "hani: No space left on device; make room and run the command again\n")


def test_a_closed_output_is_nobodys_business(made: Path) -> None:
    assert shell(made, "hani changes >&-").code == 0


def test_a_terminal_without_hangul_shows_question_marks(made: Path, hani: Hani) -> None:
    ran = hani("show", "5", db=made, PYTHONIOENCODING="latin-1")
    assert (ran.code, ran.err) == (0, "") and ran.out.startswith("???? ??? ?????? ??? ??????")


def test_reading_imports_no_crawler_and_no_writer(made: Path) -> None:
    script = (
        "import sys\nfrom jobs.cli import cli\n"
        f"cli.main(['--db', {str(made)!r}, *sys.argv[1:]], standalone_mode=False)\n"
        "print(sorted({'scrapy', 'twisted', 'sqlite_utils', 'datasette', 'rich.console', 'bs4'} & set(sys.modules)))"
    )
    for command in READING[:-1]:
        out = subprocess.run(
            [sys.executable, "-c", script, *command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        ).stdout
        assert out.splitlines()[-1] == "[]", command
