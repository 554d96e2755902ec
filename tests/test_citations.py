"""Citations: what a person reads, and what real readers of BibTeX and CSL-JSON make of them, however hostile the page."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from citeproc import Citation as Cite
from citeproc import CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import Entry, parse_string

from archive.display.citations import (
    MOST_AUTHORS,
    MOST_NAME,
    MOST_TITLE,
    Citation,
    citation,
    to_bibtex,
    to_csl_json,
    to_text,
)
from tests.conftest import Hani
from tests.reading import an_article, serving, written

ID = "1095276@0123456789ab"
URL = "https://www.hani.co.kr/arti/english_edition/e_national/1095276.html"
OWN = f"https://read.example.org/-/hani/version/{ID}"
DIGEST = "5d" * 32


def cited(**more: Any) -> Citation:
    """Of a version whose row is as little unusual as need be."""
    version = {
        "id": ID,
        "number": 2,
        "authors": ["Kim A-ra", "Lee Bo-ra"],
        "byline": "By Kim A-ra and Lee Bo-ra, staff reporters",
        "title": "Ferry to Ulleung Island to sail twice a day",
        "posted_at": "2023-06-09T15:30:00Z",
        "modified_at": "2023-06-09T16:10:00Z",
        "first_seen_at": "2023-06-10T18:00:00Z",
        "first_digest": DIGEST,
        **more,
    }
    return citation(version, more.get("url", URL), OWN)


def entry_of(citation: Citation) -> tuple[str, Any]:
    """A citation's entry as a reader of BibTeX has it: one, whatever it holds."""
    [(key, entry)] = parse_string(to_bibtex(citation), "bibtex").entries.items()
    assert isinstance(entry, Entry)
    return key, entry


def formatted(citation: Citation) -> str:
    """A citation as a processor of CSL sets it, in the style that it brings; it does not know the member `custom`."""
    with pytest.warns(UserWarning, match="unsupported: custom"):
        source = CiteProcJSON(json.loads(to_csl_json(citation)))
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, source, formatter.plain)
    bibliography.register(Cite([CitationItem(ID)]))
    return str(bibliography.bibliography()[0])


# --- what they say ---------------------------------------------------------------------------------------------------


def test_a_note_in_plain_text() -> None:
    assert to_text(cited()) == (
        "Kim A-ra, Lee Bo-ra. “Ferry to Ulleung Island to sail twice a day.” The Hankyoreh (English edition), "
        f"posted 2023-06-10 00:30 KST, modified 2023-06-10 01:10 KST. {URL}. Version {ID} (number 2), "
        f"captured 2023-06-11 03:00 KST, SHA-256 {DIGEST}, {OWN}.\n"
    )


def test_an_entry_of_bibtex_as_its_reader_has_it() -> None:
    key, entry = entry_of(cited())
    assert (key, entry.type) == ("hani1095276-0123456789ab", "article")
    assert [str(person) for person in entry.persons["author"]] == ["{Kim A-ra}", "{Lee Bo-ra}"]
    assert dict(entry.fields.items()) == {
        "title": "{Ferry to Ulleung Island to sail twice a day}",
        "journal": "The Hankyoreh (English edition)",
        "year": "2023",
        "date": "2023-06-10",
        "url": URL,
        "urldate": "2023-06-11",
        "note": f"Version {ID} (number 2), captured 2023-06-11 03:00 KST, SHA-256 {DIGEST}, {OWN}",
    }


def test_csl_json_as_it_is_and_as_a_processor_sets_it() -> None:
    [item] = json.loads(to_csl_json(cited()))
    assert item == {
        "id": ID,
        "type": "article-newspaper",
        "author": [{"literal": "Kim A-ra"}, {"literal": "Lee Bo-ra"}],
        "title": "Ferry to Ulleung Island to sail twice a day",
        "container-title": "The Hankyoreh (English edition)",
        "language": "en",
        "issued": {"date-parts": [[2023, 6, 10]]},
        "accessed": {"date-parts": [[2023, 6, 11]]},
        "URL": URL,
        "archive": "hani",
        "archive_location": OWN,
        "version": ID,
        "note": f"Version {ID} (number 2), captured 2023-06-11 03:00 KST, SHA-256 {DIGEST}, {OWN}",
        "custom": {
            "posted_at": "2023-06-09T15:30:00Z",
            "modified_at": "2023-06-09T16:10:00Z",
            "captured_at": "2023-06-10T18:00:00Z",
            "sha256": DIGEST,
        },
    }
    text = formatted(cited())
    assert text.startswith("Kim A-ra and Lee Bo-ra (2023) “Ferry to Ulleung Island to sail twice a day”, The Hankyoreh")
    assert "10 June" in text and URL in text


def test_what_is_not_known_is_left_out() -> None:
    bare = citation(
        {
            "id": ID,
            "number": 1,
            "authors": [],
            "byline": None,
            "title": "Is it open?",
            "posted_at": "2023-06-09T08:50:00Z",
            "modified_at": None,
            "first_seen_at": "2023-06-10T01:00:00Z",
            "first_digest": None,
        },
        URL,
    )
    assert to_text(bare) == (
        f"“Is it open?” The Hankyoreh (English edition), posted 2023-06-09 17:50 KST. {URL}. Version {ID} (number 1), "
        "captured 2023-06-10 10:00 KST.\n"
    )
    assert "author" not in entry_of(bare)[1].persons
    [item] = json.loads(to_csl_json(bare))
    assert not {"author", "archive_location"} & set(item)


@pytest.mark.parametrize(
    ("authors", "byline", "expected"),
    [
        (["Lee Bo-ra", "Kim A-ra"], "By Lee Bo-ra and Kim A-ra", ("Lee Bo-ra", "Kim A-ra")),
        ([], "By staff reporters", ("staff reporters",)),
        ([], "BY  Yonhap ", ("Yonhap",)),
        ([], "Byun A-ra, columnist", ("Byun A-ra, columnist",)),
        ([], "By", ("By",)),
        ([], "", ()),
        ([], None, ()),
        (["\x1b", "김아라"], "By", ("김아라",)),
        (["A"] * 100, None, ("A",) * MOST_AUTHORS),
    ],
)
def test_authors_come_in_their_order_or_the_byline_stands_for_them(
    authors: list[str], byline: str | None, expected: tuple[str, ...]
) -> None:
    assert cited(authors=authors, byline=byline).authors == expected


# --- whatever the page holds -----------------------------------------------------------------------------------------

TITLES = {
    "Rice & beans – 50% off, $5 #1 at_once ~ ^ \\end": "Rice & beans – 50% off, $5 #1 at_once ~ ^ \\end",
    "a { b": "a { b",
    "} closes, @article{x, title={y}}": "} closes, @article{x, title={y}}",
    "two\nlines\r\n\tand a tab": "two lines and a tab",
    "\"quoted\", “curled” and 'single'": "\"quoted\", “curled” and 'single'",
    "한반도의 봄 – 統一": "한반도의 봄 – 統一",
    "\u202eevil\u2066\u200f \x1b[31mred\x00": "evil [31mred",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    " \x1b ": "Untitled",
}
UNESCAPED = {
    r"\textbackslash{}": "\\",
    r"\textbraceleft{}": "{",
    r"\textbraceright{}": "}",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    **{f"\\{sign}": sign for sign in "$&%#_"},
}


def unescaped(latex: str) -> str:
    """What LaTeX sets for a text in which all that it would obey is escaped."""
    known = "|".join(map(re.escape, UNESCAPED))
    rest = re.sub(known, "", latex)
    assert not set(rest) & set("\\{}$&%#_~^"), rest
    return re.sub(known, lambda found: UNESCAPED[found[0]], latex)


@pytest.mark.parametrize(("title", "said"), TITLES.items(), ids=range(len(TITLES)))
def test_a_title_is_the_same_in_every_form(title: str, said: str) -> None:
    found = cited(title=title, authors=[title, "Kim A-ra"])
    lines = to_text(found).split("\n")
    assert len(lines) == 2 and lines[1] == ""
    stop = "" if said.endswith(".") else "."
    assert f"“{said.replace('“', '‘').replace('”', '’')}{stop}” The Hankyoreh" in lines[0]
    _, entry = entry_of(found)
    assert unescaped(entry.fields["title"][1:-1]) == said
    assert [str(person) for person in entry.persons["author"]][-1] == "{Kim A-ra}"
    assert json.loads(to_csl_json(found))[0]["title"] == said


def test_a_title_of_a_megabyte_is_cut() -> None:
    found = cited(title="{" * 1_000_000, authors=["}" * 1_000_000] * 1_000, byline="x" * 1_000_000)
    assert found.title == "{" * MOST_TITLE + "…"
    assert found.authors == ("}" * MOST_NAME + "…",) * MOST_AUTHORS
    for write in (to_text, to_bibtex, to_csl_json):
        assert len(write(found)) < 100_000
    assert len(entry_of(found)[1].persons["author"]) == MOST_AUTHORS


def test_an_address_ends_where_it_ends() -> None:
    found = cited(url='https://www.hani.co.kr/a b}{"\\한?q=1&r=2#x\n')
    assert found.url == "https://www.hani.co.kr/a%20b%7D%7B%22%5C%ED%95%9C?q=1&r=2#x%0A"
    assert entry_of(found)[1].fields["url"] == found.url


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters()), st.lists(st.text(st.characters()), max_size=3))
def test_whatever_a_page_holds_an_entry_is_one_entry(title: str, authors: list[str]) -> None:
    found = cited(title=title, authors=authors)
    _, entry = entry_of(found)
    assert set(entry.fields) == {"title", "journal", "year", "date", "url", "urldate", "note"}
    assert len(entry.persons.get("author", [])) == len(found.authors)
    assert to_text(found).count("\n") == 1
    to_csl_json(found).encode()


# --- where they are found --------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Path:
    pages = [an_article("Rice rises", f"By {n}%.", authors=("Kim A-ra",), section="e_business") for n in (3, 5)]
    moments = ("2023-06-10T01:00:00Z", "2023-06-11T01:00:00Z")
    return written(tmp_path / "archive.db", [(11, at, page) for at, page in zip(moments, pages, strict=True)])


def ids(hani: Hani) -> list[str]:
    return [version["id"] for version in hani("versions", "11", "--json").data]


FORMS: Mapping[str, tuple[str, str]] = {
    "text": (".txt", "text/plain; charset=utf-8"),
    "bibtex": (".bib", "application/x-bibtex; charset=utf-8"),
    "csl-json": (".csl.json", "application/vnd.citationstyles.csl+json; charset=utf-8"),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_the_command_prints_what_the_pages_show(hani: Hani, database: Path, form: str) -> None:
    first, newest = ids(hani)
    ending, kind = FORMS[form]
    with serving(database, plugin={"public_url": "https://read.example.org"}) as served:
        for version_id in (first, newest):
            answer = served.get(f"/-/hani/version/{version_id}{ending}")
            ran = hani("cite", version_id, "--format", form, "--address", "https://read.example.org/")
            assert (ran.code, ran.out, ran.err) == (0, answer.text, "")
            assert answer.headers["content-type"] == kind
            assert f"https://read.example.org/-/hani/version/{version_id}" in ran.out


def test_an_article_stands_for_its_newest_version(hani: Hani, database: Path) -> None:
    first, newest = ids(hani)
    for named in ("11", "https://english.hani.co.kr/arti/english_edition/e_business/11.html", newest):
        ran = hani("cite", named)
        assert ran.code == 0
        assert f"Version {newest} (number 2)" in ran.out and "/-/hani/" not in ran.out
    assert f"Version {first} (number 1)" in hani("cite", first[:9]).out
    assert hani("cite", "11", "--json").data[0]["id"] == newest
    assert hani("--json", "cite", first).data[0]["id"] == first


def test_the_configuration_says_where_the_archive_is_served(hani: Hani, database: Path, tmp_path: Path) -> None:
    newest = ids(hani)[1]
    text = '[serve]\npublic_url = "https://read.example.org/hani/"\n'
    (tmp_path / "hani.toml").write_text(text, "utf-8")
    assert f"https://read.example.org/hani/-/hani/version/{newest}.\n" in hani("cite", "11").out
    assert "https://other.example/-/hani/version/" in hani("cite", "11", "--address", "https://other.example").out


def test_what_cannot_be_cited_is_said_in_a_sentence(hani: Hani, database: Path) -> None:
    first, newest = ids(hani)
    for arguments, sentence in (
        (("12",), "hani: article 12 is not in the archive; give its address to `hani recrawl` to fetch it"),
        (("11@ffff",), f"hani: article 11 has no version '11@ffff'; it has 1 ({first}), 2 ({newest})"),
        (("11", "--address", "read.example.org"), "address such as https://archive.example."),
        (("11", "--address", "https://read example"), "address such as https://archive.example."),
    ):
        ran = hani("cite", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.sentence.endswith(sentence), ran.err
    assert hani("cite", "no article").code == 2
