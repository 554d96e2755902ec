"""The archive for programs: what docs/api.md shows is what is answered; what cannot be answered is one sentence."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.records import Image
from archive.web.views.api import LONGEST_TEXT
from tests.conftest import ROOT, Hani
from tests.reading import Seen, Served, an_article, serving, written

DOCS = (ROOT / "docs" / "api.md").read_text("utf-8")
EXAMPLES = re.findall(r"```http\nGET (\S+)\n```\n\n```json\n(.*?)```", DOCS, re.S)
CUT = "…"
FERRY, KIMCHI = 1095276, 1095300
FERRY_TITLE = "Ferry to Ulleung Island to sail twice a day from July"


def documented(folder: Path) -> Path:
    """The archive that docs/api.md asks: an article with a silent edit, and one that was removed."""
    ferry = [
        an_article(
            FERRY_TITLE,
            "The ferry from Pohang to Ulleung Island will sail twice a day from July 1.",
            f"It takes {passengers} passengers and no cars, the company said.",
            authors=("Kim A-ra",),
            byline="By Kim A-ra, staff reporter",
            section="e_national",
            modified_at="2023-06-09T09:10:00Z",
            images=(Image("https://img.hani.co.kr/ferry.jpg", "The ferry off 울릉도. (Yonhap)", "Yonhap"),),
            original_url="https://www.hani.co.kr/arti/area/1095270.html",
        )
        for passengers in (970, 790)
    ]
    kimchi = an_article("Kimchi prices double", "A head of cabbage costs 6,000 won.", section="e_business")
    seen: list[Seen] = [
        (FERRY, "2023-06-09T18:00:00Z", ferry[0]),
        (KIMCHI, "2023-06-09T18:00:01Z", kimchi),
        (FERRY, "2023-06-10T18:00:00Z", ferry[1]),
        *((KIMCHI, f"2023-06-{day}T18:00:00Z", None) for day in (10, 11, 13)),
    ]
    return written(folder / "hankyoreh.db", seen)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return documented(tmp_path_factory.mktemp("documented"))


@pytest.fixture(scope="module")
def served(database: Path) -> Iterator[Served]:
    with serving(database, plugin={"public_url": "https://read.example.org"}) as server:
        yield server


def departures(shown: Any, found: Any, where: str = "") -> list[str]:
    """Where an answer is not as it is shown, by the documentation's rule of what may be left out."""
    if isinstance(shown, str) and shown.endswith(CUT) and isinstance(found, str):
        return [] if found.startswith(shown[:-1]) and len(found) >= len(shown) else [f"{where}: {found!r}"]
    if isinstance(shown, dict) and isinstance(found, dict):
        named = {name for name in shown if name != CUT}
        more = sorted(set(found) - named)
        told = [] if bool(more) == (CUT in shown) else [f"{where}: more members {more}"]
        return told + [
            d for name in sorted(named) for d in departures(shown[name], found.get(name, "missing"), f"{where}.{name}")
        ]
    if isinstance(shown, list) and isinstance(found, list):
        begin = shown[:-1] if shown and shown[-1] == CUT else shown
        fits = len(found) == len(begin) if begin is shown else len(found) > len(begin)
        told = [] if fits else [f"{where}: {len(found)} elements"]
        pairs = enumerate(zip(begin, found, strict=False))
        return told + [d for place, (one, other) in pairs for d in departures(one, other, f"{where}[{place}]")]
    return [] if shown == found and type(shown) is type(found) else [f"{where}: {found!r}"]


# --- what is documented ----------------------------------------------------------------------------------------------


def test_the_documentation_has_an_example_of_everything() -> None:
    asked = {re.sub(r"\d+@\w+|\d+", "N", re.split(r"\?", address)[0]) for address, _ in EXAMPLES}
    ours = {"article/N.json", "article/N/versions.json", "article/N/diff.json", "version/N.json"}
    ours |= {"changes.json", "removed.json", "search.json", "feed/silent.json"}
    assert {f"/-/hani/{name}" for name in ours} <= asked
    assert len(EXAMPLES) == DOCS.count("```http") == DOCS.count("```json")


@pytest.mark.parametrize(("address", "answer"), EXAMPLES, ids=[address for address, _ in EXAMPLES])
def test_an_example_of_the_documentation_is_answered_so(served: Served, address: str, answer: str) -> None:
    shown, found = json.loads(answer), served.get(address)
    assert found.headers["content-type"].split(";")[0] in ("application/json", "application/feed+json")
    assert departures(shown, json.loads(found.content)) == []
    failed = isinstance(shown, dict) and shown.get("ok") is False
    assert found.status_code == (shown["status"] if failed else 200)


def test_the_rule_of_what_may_be_left_out_leaves_nothing_else_out() -> None:
    assert departures({"a": 1, CUT: CUT}, {"a": 1, "b": 2}) == []
    assert departures(["x…", CUT], ["xyz", 1, 2]) == []
    for shown, found in (
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, CUT: CUT}, {"a": 1}),
        ({"a": None}, {}),
        ([1], [1, 2]),
        ([1, CUT], [1]),
        ("ab…", "axc"),
        (1, True),
        ("1", 1),
    ):
        assert departures(shown, found) != [], (shown, found)


# --- the same as the command line's ----------------------------------------------------------------------------------


def test_records_are_those_of_the_command_line(served: Served, database: Path, hani: Hani) -> None:
    def said(*command: str) -> Any:
        return hani(*command, "--json", db=database).data

    article = served.json(f"/-/hani/article/{FERRY}.json")
    assert article.items() >= said("show", str(FERRY)).items()
    versions = served.json(f"/-/hani/article/{FERRY}/versions.json")["versions"]
    for one, other in zip(versions, said("versions", str(FERRY)), strict=True):
        assert one.items() >= other.items()
    assert served.json(f"/-/hani/article/{FERRY}/diff.json").items() >= said("diff", str(FERRY)).items()
    [stone] = served.json("/-/hani/removed.json")["removed"]
    assert {**stone, **said("removed")[0]} == stone


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_an_article_with_many_versions_comes_in_parts(tmp_path: Path) -> None:
    pages = [(11, f"2023-06-10T01:{n:02}:00Z", an_article("Rice", f"Rice rose by {n}%.")) for n in range(55)]
    with serving(written(tmp_path / "a.db", pages)) as server:
        first = server.json("/-/hani/article/11/versions.json")
        assert [row["number"] for row in first["versions"]] == list(range(1, 51))
        assert first["next"] == "http://localhost/-/hani/article/11/versions.json?first=51"
        last = server.json(first["next"].removeprefix("http://localhost"))
        assert ([row["number"] for row in last["versions"]], last["next"]) == (list(range(51, 56)), None)
        beyond = server.json("/-/hani/article/11/versions.json?first=99")
        assert (beyond["versions"], beyond["next"], beyond["count"]) == ([], None, 55)
        unknown = server.get("/-/hani/article/11/diff.json?from=99")
        page = server.json("/-/hani/changes.json?size=2&page=3&sort=newest")
    assert unknown.status_code == 404
    assert re.fullmatch(
        r"article 11 has no version '99'; it has 55, the last of them 46 \(.*\), 55 \(11@[0-9a-f]{12}\)",
        unknown.json()["error"],
    )
    assert [edit["number"] for edit in page["edits"]] == [51, 50]
    assert page["next"] == "http://localhost/-/hani/changes.json?size=2&page=4&sort=newest"


def test_long_versions_come_in_shorter_parts(tmp_path: Path) -> None:
    long = "Rice rose. " * 200_000
    pages = [(11, f"2023-06-1{n}T01:00:00Z", an_article(f"Rice {n}", long)) for n in range(4)]
    with serving(written(tmp_path / "a.db", pages)) as server:
        address = "/-/hani/article/11/versions.json"
        seen = []
        while address:
            part = server.json(address)
            seen.append([row["number"] for row in part["versions"]])
            address = (part["next"] or "").removeprefix("http://localhost")
    assert seen == [[1, 2], [3, 4]]


def test_long_texts_are_cut_in_lists_alone(tmp_path: Path) -> None:
    before, after = (an_article("Rice", f"{'Rice rose. ' * 1_000}By {n}%.") for n in (3, 5))
    db = written(tmp_path / "a.db", [(11, "2023-06-10T01:00:00Z", before), (11, "2023-06-11T01:00:00Z", after)])
    with serving(db) as server:
        [edit] = server.json("/-/hani/changes.json")["edits"]
        [change] = server.json("/-/hani/article/11/diff.json")["changes"]
    assert edit["changes"][0]["after"] == f"{after.body[0][:LONGEST_TEXT]}…"
    assert (change["before"], change["after"]) == (before.body[0], after.body[0])


# --- what cannot be answered -----------------------------------------------------------------------------------------

WRONG = {
    "article/none.json": (400, "An article is named by its number, such as 1095276, not 'none'."),
    "article/0.json": (400, "An article is named by its number, such as 1095276, not '0'."),
    "article/-1.json": (400, "An article is named by its number, such as 1095276, not '-1'."),
    "article/1e6.json": (400, "An article is named by its number, such as 1095276, not '1e6'."),
    "article/%D9%A1.json": (400, "An article is named by its number, such as 1095276, not '١'."),
    f"article/{'9' * 30}.json": (400, f"An article is named by its number, such as 1095276, not '{'9' * 30}'."),
    "article/999999999999.json": (
        404,
        "article 999999999999 is not in the archive; give its address to `hani recrawl` to fetch it",
    ),
    "article/none/versions.json": (400, "An article is named by its number, such as 1095276, not 'none'."),
    "article/none/diff.json": (400, "An article is named by its number, such as 1095276, not 'none'."),
    f"article/{KIMCHI}/diff.json": (404, "Article 1095300 has one version: nothing has changed."),
    f"article/{KIMCHI}/diff.json?from=1&to=2": (
        404,
        "article 1095300 has no version '2'; it has 1 (1095300@2d86755ee75a)",
    ),
    "version/1095276.json": (404, "a version is named like 1095276@0123456789ab, not '1095276'"),
    "version/1095276@ffff.json": (
        404,
        "article 1095276 has no version '1095276@ffff'; it has 1 (1095276@1e91f941e254), 2 (1095276@7f79860a83cb)",
    ),
    "changes.json?from=yesterday": (400, "'yesterday' is no day such as 2026-11-23."),
    "search.json": (400, "Name the words to search for: search.json?q=trilateral+summit."),
    "search.json?q=%22%22": (400, "Name the words to search for: search.json?q=trilateral+summit."),
    "nothing.json": (404, "There is no such address; docs/api.md lists them."),
    "article/1095276/captures.json": (404, "There is no such address; docs/api.md lists them."),
}


@pytest.mark.parametrize("address", list(WRONG), ids=range(len(WRONG)))
def test_what_cannot_be_answered_is_one_sentence(served: Served, address: str) -> None:
    status, sentence = WRONG[address]
    answer = served.get(f"/-/hani/{address}")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json() == {"ok": False, "status": status, "error": sentence}
    assert answer.status_code == status


def test_an_archive_that_cannot_be_read_says_so_in_json(tmp_path: Path) -> None:
    empty = tmp_path / "other.db"
    empty.touch()
    with serving(empty) as server:
        answer = server.get("/-/hani/article/1095276.json")
    assert (answer.status_code, answer.json()["error"]) == (404, "No archive of hani is served here.")


# --- how it is read --------------------------------------------------------------------------------------------------


def test_other_sites_may_read_it_only_where_the_server_says_so(database: Path, served: Served) -> None:
    address = f"/-/hani/article/{FERRY}.json"
    assert "access-control-allow-origin" not in served.get(address).headers
    with serving(database, cors=True) as server:
        assert server.get(address).headers["access-control-allow-origin"] == "*"
        assert server.get("/-/hani/article/none.json").headers["access-control-allow-origin"] == "*"


def test_one_who_has_an_answer_is_told_that_it_is_the_same(served: Served) -> None:
    address = f"/-/hani/article/{FERRY}.json"
    tag = served.get(address).headers["etag"]
    assert served.get(address, {"if-none-match": tag}).status_code == 304
    assert served.get(address, {"if-none-match": '"other"'}).status_code == 200


def test_hostile_texts_are_texts_in_json(tmp_path: Path) -> None:
    trick = "</script><script>alert(1)</script>\u2028\u202e\x00"
    db = written(tmp_path / "a.db", [(11, "2023-06-10T01:00:00Z", an_article(trick, trick))])
    with serving(db) as server:
        answer = server.get("/-/hani/article/11.json")
    assert answer.json()["title"] == trick
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
