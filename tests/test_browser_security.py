"""Hostile articles in a real browser: no dialog, no request to another host, nothing that runs, no title lost."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.browser import TELEPHONE, Started, Watched, hani_serve, watching
from tests.hostile_articles import ADDRESSES, ALL, FIRST_OF_SECTIONS, GONE, PLAIN, SECTIONS, TRICKS, hostile_archive
from tests.test_web_security import ARTICLES, OURS, THEIRS

NAME = " · The Hankyoreh, archived"
NOTHING: dict[str, list[str]] = {"dialogs": [], "foreign": [], "violations": [], "failed": []}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Started]:
    with hani_serve(hostile_archive(tmp_path_factory.mktemp("hostile") / "hostile.db")) as server:
        yield server


@pytest.fixture(scope="module")
def watched(started: Started, chromium: Browser) -> Iterator[Watched]:
    with watching(chromium, started.address) as page:
        yield page


def hacked(watched: Watched) -> object:
    """What a script of an article would have set, also when every part has had the pointer and the focus."""
    return watched.page.evaluate(
        """() => {
          for (const part of [...document.querySelectorAll("main *")].slice(0, 3000)) {
            for (const kind of ["mouseover", "focus", "load", "error", "toggle"]) part.dispatchEvent(new Event(kind));
          }
          return window.hacked ?? null;
        }"""
    )


@pytest.mark.parametrize("path", OURS)
def test_on_our_pages_nothing_happens(watched: Watched, path: str) -> None:
    forget(watched)
    page = watched.go(path)
    assert page.title().endswith(NAME) and len(page.title()) < 300
    assert hacked(watched) is None
    violations = [found for found in watched.violations if "404 (Not Found)" not in found]  # what has one version
    assert {**watched.troubles, "violations": violations} == NOTHING
    assert page.url.startswith(watched.home)


def forget(watched: Watched) -> None:
    for kind in watched.troubles.values():
        kind.clear()


@pytest.mark.parametrize("path", THEIRS)
def test_on_datasettes_pages_nothing_of_an_article_runs(watched: Watched, path: str) -> None:
    forget(watched)
    page = watched.go(path)
    assert hacked(watched) is None
    assert (watched.dialogs, watched.foreign) == ([], [])
    # What Datasette loses: its inline scripts and styles, and a picture in its style sheet.
    inline = ("inline script", "inline style", "Loading the image 'data:image/svg+xml")
    assert [found for found in watched.violations if not any(kind in found for kind in inline)] == []
    assert "inline event handler" not in str(watched.violations)
    assert page.url.startswith(watched.home)


def test_a_table_still_has_its_menus(watched: Watched) -> None:
    page = watched.go("/hostile/captures")
    page.locator("th.col-article_id svg.dropdown-menu-icon").click()
    page.locator("a.dropdown-facet").wait_for(state="visible", timeout=5000)


def test_on_a_telephone_a_tables_cells_say_of_which_column_they_are(started: Started, chromium: Browser) -> None:
    with watching(chromium, started.address, TELEPHONE) as telephone:
        page = telephone.go("/hostile/statuses")
        label = "getComputedStyle(document.querySelector('.rows-and-columns tbody td.col-since'), '::before').content"
        assert page.evaluate(label) == '"since"'


@pytest.mark.parametrize("number", [ALL, GONE, PLAIN, FIRST_OF_SECTIONS])
def test_without_javascript_the_same_words_are_there(started: Started, chromium: Browser, number: int) -> None:
    with watching(chromium, started.address, java_script_enabled=False) as watched:
        page = watched.go(f"/-/hani/article/{number}")
        assert page.locator("h1").inner_text().strip() and page.title().endswith(NAME)
        assert watched.troubles == NOTHING


def test_each_link_of_our_pages_leads_where_it_says(watched: Watched) -> None:
    for number in ARTICLES:
        page = watched.go(f"/-/hani/article/{number}")
        hrefs: list[str] = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
        allowed = (watched.home, "https://english.hani.co.kr/", "https://www.hani.co.kr/")
        assert [href for href in hrefs if not href.startswith(allowed)] == []


def test_a_search_for_a_trick_shows_it_in_its_box(watched: Watched) -> None:
    for trick in TRICKS[:5]:
        page = watched.go(f"/-/hani/search?q={quote(trick)}")
        assert page.locator("main input[name=q]").input_value() == trick
        assert hacked(watched) is None


def test_names_of_sections_are_words_wherever_they_stand(watched: Watched) -> None:
    for section in (*SECTIONS, *ADDRESSES):
        watched.go(f"/-/hani/changes?section={quote(section)}")
        assert hacked(watched) is None
    assert (watched.dialogs, watched.foreign) == ([], [])


def test_the_fixture_sees_what_it_looks_for(chromium: Browser, tmp_path: Path) -> None:
    """Without the policy and the escaping, each of these is noticed."""
    page_of_tricks = tmp_path / "page.html"
    page_of_tricks.write_text(
        "<title>x</title><script>window.hacked=1;alert(1)</script><img src='http://127.0.0.1:9/x.png'>"
    )
    with watching(chromium, "http://localhost:1") as watched:
        watched.page.goto(page_of_tricks.as_uri())
        assert watched.page.evaluate("window.hacked") == 1
        assert watched.dialogs == ["alert: 1"] and "http://127.0.0.1:9/x.png" in watched.foreign
