"""Imports run the way data runs: jobs → crawler → archive."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["archive", "crawler", "jobs"]
ALLOWED = {"archive": {"archive"}, "crawler": {"archive", "crawler"}, "jobs": {"archive", "crawler", "jobs"}}
FILES = {package: sorted((ROOT / package).rglob("*.py")) for package in PACKAGES}
PURE_ARCHIVE = [
    "records",
    "history",
    "standing",
    "comparing/changes",
    "comparing/kinds",
    "comparing/corrections",
    "comparing/tokens",
    "comparing/comparison",
    "rows",
    "times",
    "errors",
    "text",
    "health",
    "display/markup",
    "display/charts",
]
PURE = [
    "urls",
    "text",
    "dates",
    "bylines",
    "flow",
    "cleaning",
    "templates",
    "extraction",
    "notices",
    "plaintext",
    "discovery",
    "politeness",
    "robots",
    "fetching",
    "plan",
    "revisits",
    "timetable",
    "config",
]
OUTSIDE = {
    "scrapy",
    "twisted",
    "sqlite3",
    "sqlite_utils",
    "time",
    "socket",
    "urllib.request",
    "http.client",
    "requests",
    "httpx",
}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at whatever depth; relative ones in full."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) + "." if node.level else ""
            module = f"{base}{node.module or ''}".rstrip(".")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def top(modules: Iterator[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package: str) -> None:
    assert FILES[package]
    for path in FILES[package]:
        assert top(imports(path)) & {*PACKAGES, "tests"} <= ALLOWED[package], path


WITHIN = {
    "": {"comparing"},  # the records, what is stored and what follows from it
    "comparing": {"comparing"},
    "reads": {"reads", "comparing"},
    "display": {"display", "reads"},
    "web": {"web", "display", "reads", "comparing"},
}


def test_within_the_archive_imports_go_one_way_too() -> None:
    rooms = {path.parent.relative_to(ROOT / "archive").parts[:1] for path in FILES["archive"]}
    assert {"".join(room) for room in rooms} == set(WITHIN)
    for path in FILES["archive"]:
        room = "".join(path.parent.relative_to(ROOT / "archive").parts[:1])
        parts = {module.split(".")[1] for module in imports(path) if module.startswith("archive.")}
        assert parts & set(WITHIN) <= WITHIN[room], path


def test_the_archive_knows_no_network_and_no_markup() -> None:
    strangers = {"scrapy", "twisted", "bs4", "lxml", "trafilatura", "protego", "requests", "httpx", "urllib3"}
    for path in FILES["archive"]:
        assert not top(imports(path)) & strangers, path


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_knows_no_network_no_clock_and_no_database(name: str) -> None:
    path = ROOT / "crawler" / f"{name}.py"
    assert not OUTSIDE & set(imports(path))
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"now", "utcnow", "today", "urlopen"}


@pytest.mark.parametrize("name", PURE_ARCHIVE)
def test_the_archives_records_and_laws_need_the_standard_library_alone(name: str) -> None:
    ours = {"archive"}
    standard = {
        "__future__",
        "bisect",
        "collections",
        "dataclasses",
        "datetime",
        "difflib",
        "enum",
        "functools",
        "hashlib",
        "html",
        "itertools",
        "json",
        "math",
        "re",
        "statistics",
        "typing",
        "unicodedata",
    }
    assert top(imports(ROOT / "archive" / f"{name}.py")) <= ours | standard
