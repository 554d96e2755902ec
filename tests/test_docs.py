"""Documentation that cannot go stale."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from jobs.cli import COMMANDS, cli
from tests.conftest import ROOT, Hani, rows

README = (ROOT / "README.md").read_text(encoding="utf-8")


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    text = command(name).help or ""
    assert len(text.splitlines()[0]) > 20
    assert "Example:" in text and f"hani {name}" in text


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_option_has_help(name: str) -> None:
    options = [parameter for parameter in command(name).params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_the_readmes_command_help_is_the_commands_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "README.md"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, "run `make docs`: " + done.stdout


def test_the_readmes_sql_runs(hani: Hani, tmp_path: Path) -> None:
    page = Path(__file__).parent / "pages/text/1096001.txt"
    address = "https://english.hani.co.kr/arti/english_edition/e_national/1096001.html"
    assert hani("recrawl", "--from-file", str(page), address).code == 0
    blocks = re.findall(r"```sql\n(.*?)```", README, re.S)
    statements = [s for block in blocks for s in block.split(";") if s.strip()]
    assert len(statements) >= 5
    for statement in statements:
        rows(tmp_path / "archive.db", statement)


def test_every_table_of_the_schema_is_in_the_readme(hani: Hani, tmp_path: Path) -> None:
    page = Path(__file__).parent / "pages/text/1096001.txt"
    hani("recrawl", "--from-file", str(page), "https://english.hani.co.kr/arti/english_edition/e_national/1096001.html")
    tables = [
        row["name"]
        for row in rows(tmp_path / "archive.db", "select name from sqlite_master where type = 'table'")
        if not row["name"].startswith(("sqlite_", "_sqlite", "articles_fts_", "versions_fts_", "changes_fts_"))
    ]
    assert [name for name in tables if f"`{name}`" not in README] == []


def test_the_project_speaks_of_itself_alone() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    foreign = re.compile("/" + "work/|/" + "root/|pypi\\." + "org|/" + "tmp/w")
    texts = [
        ROOT / name for name in listed if name.endswith((".py", ".md", ".toml", ".lock", ".cfg", "Makefile", "run"))
    ]
    assert [str(path) for path in texts if foreign.search(path.read_text(encoding="utf-8"))] == []
