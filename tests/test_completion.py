"""Completion, in the real shells, and what it reads from an archive."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import OF_THE_CALLER, Hani
from tests.programs import needs
from tests.reading import an_article, written
from tests.terminals import in_terminal

HANI = Path(sys.executable).with_name("hani")
BREAKS = " \t\n\"'@><=;|&(:"  # bash's own


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles 121001 (two versions) to 121003 and 95; two sections, two authors; a headline that would steer."""
    path = tmp_path_factory.mktemp("completed") / "archive.db"
    day = "2023-06-{:02}T03:00:00Z".format
    of = {"authors": ("Chae Do-un",), "section": "e_national"}
    seen = [
        (121001, day(10), an_article("Rice", "Rice rose by 3 percent.", **of)),
        (121001, day(12), an_article("Rice", "Rice rose by 5 percent.", **of)),
        (
            121002,
            day(10),
            an_article("Barley, 'red' \x1b[31m\nand $(touch pwned)", authors=("Cheon U-ram",), section="e_business"),
        ),
        (121003, day(10), an_article("국회에서", **of)),
        (95, day(10), an_article("Mill", **of)),
    ]
    return written(path, seen)


def version(made: Path, number: int) -> str:
    from tests.conftest import one

    return str(one(made, "select id from versions where article_id = 121001 and number = ?", number))


def ask(made: Path, line: str, breaks: str = BREAKS) -> list[str]:
    """What bash is told may follow."""
    env = {k: v for k, v in os.environ.items() if k not in OF_THE_CALLER}
    env |= {"HANI_DB": str(made), "_HANI_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_WORDBREAKS": breaks}
    done = subprocess.run([HANI], cwd=made.parent, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return [answer.partition(",")[2] for answer in done.stdout.splitlines() if answer]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hani ch", ["changes"]),
        ("hani --no", ["--no-pager"]),
        ("hani --color ", ["auto", "always", "never"]),
        ("hani show ", ["121003", "121002", "121001", "95"]),
        ("hani show 12", ["121003", "121002", "121001"]),
        ("hani show 121001", ["121001"]),
        ("hani show 13", []),
        ("hani show x", []),
        ("hani show 121001 --v", ["--version"]),
        ("hani show 121001 --version ", ["1", "2"]),
        ("hani --color never diff 121001 ", ["1", "2"]),
        ("hani diff 121001 1 2", ["2"]),
        ("hani diff 95 2", []),
        ("hani changes --kind fi", ["figure"]),
        ("hani changes --kind=fi", ["figure"]),
        ("hani changes --section e_", ["e_business", "e_national"]),
        ("hani changes --article 9", ["95"]),
        ("hani search rice --section e_n", ["e_national"]),
        ("hani search rice --author Ch", ["Chae Do-un", "Cheon U-ram"]),
        ('hani search rice --author "Chae ', ["Chae Do-un"]),
        ("hani as-of 2023-06-10 12100", ["121003", "121002", "121001"]),
        ("hani completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_what_may_follow(made: Path, line: str, expected: list[str]) -> None:
    found = ask(made, line)
    assert [answer for answer in found if not answer.startswith("-") or answer in expected] == expected


def test_an_id_is_completed_behind_the_at_sign_where_bash_parts_words(made: Path) -> None:
    first, second = version(made, 1), version(made, 2)
    assert ask(made, "hani show 121001@") == ["@" + first.partition("@")[2], "@" + second.partition("@")[2]]
    assert ask(made, f"hani show {first[:9]}", breaks=" ") == [first]


@pytest.mark.parametrize("broken", ["missing", "not a database", "configuration"])
def test_what_cannot_be_read_completes_nothing_and_says_nothing(tmp_path: Path, broken: str) -> None:
    if broken == "not a database":
        (tmp_path / "archive.db").write_text("Rice")
    if broken == "configuration":
        (tmp_path / "hani.toml").write_text("[crawl\n")
    given = "--config hani.toml" if broken == "configuration" else ""
    assert ask(tmp_path / "archive.db", f"hani {given} show 1") == []


def in_shell(made: Path, command: Sequence[str], keys: list[tuple[str, str]], **environment: str) -> str:
    path = f"{HANI.parent}{os.pathsep}{os.environ['PATH']}"
    return in_terminal(
        command, made.parent, width=200, keys=keys, environment={"PATH": path, "HANI_DB": str(made), **environment}
    ).text


def test_in_bash(made: Path) -> None:
    second = version(made, 2)
    keys = [
        ("$ ", 'eval "$(hani completion bash)"; echo re""ady\n'),
        ("ready", "hani vers\t121001\n"),
        ("$ ", f"hani show {second[:9]}\t --md\n"),
        ("5 percent", "hani search --author Cheo\t barley --md\n"),
        ("1 article", "exit\n"),
    ]
    shown = in_shell(made, ["bash", "--norc", "--noprofile", "-i"], keys, PS1="$ ", HISTFILE="")
    assert f"hani show {second} " in shown
    assert "Cheon\\ U-ram" in shown and not (made.parent / "pwned").exists()


@needs("zsh")
def test_in_zsh(made: Path) -> None:
    keys = [
        ("$ ", 'autoload -Uz compinit; compinit -u -D; eval "$(hani completion zsh)"; echo re""ady\n'),
        ("ready", "hani vers\t95\n"),
        ("2023-06-10", f"hani show {version(made, 2)[:9]}\t --md\n"),
        ("5 percent", "exit\n"),
    ]
    shown = in_shell(made, ["zsh", "-f", "-i"], keys, PS1="$ ", HOME=str(made.parent))
    assert "Traceback" not in shown


@needs("fish")
def test_in_fish(made: Path) -> None:
    script = "hani completion fish | source; complete -C 'hani show 121'; complete -C 'hani changes --kind fi'"
    environment = {
        "PATH": f"{HANI.parent}{os.pathsep}{os.environ['PATH']}",
        "HANI_DB": str(made),
        "HOME": str(made.parent),
    }
    done = subprocess.run(
        ["fish", "--no-config", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "121001\tRice",
        "121002\tBarley; 'red' [31m and $(touch pwned)",
        "121003\t국회에서",
        "figure",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_one_that_its_shell_takes(hani: Hani, shell: str) -> None:
    ran = hani("completion", shell)
    assert ran.code == 0 and "_HANI_COMPLETE" in ran.out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=ran.out, text=True, timeout=60, check=True)


def test_another_shell_is_bad_usage(hani: Hani) -> None:
    ran = hani("completion", "tcsh")
    assert ran.code == 2 and "'tcsh' is not one of" in ran.sentence
