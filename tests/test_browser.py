"""The pages in a real browser: a newcomer's way through them, by pointer, by touch and by keyboard; sizes, colours, print, axe-core."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from lxml import html
from playwright.sync_api import Browser, Locator, Page, expect

from archive.comparing.changes import KINDS
from archive.records import Image
from archive.web.views.changes import MEANINGS
from tests.browser import DESKTOP, TELEPHONE, Watched, hani_serve, watching
from tests.conftest import ROOT
from tests.reading import Seen, an_article, written
from tests.screenshots import MOST_BYTES, SCREENS, picture

SILENT = 1258019  # of the bundled site: edited twice, both times silently
BEFORE, AFTER = "rest hours", "night-shift rights"  # of its headline
SMALL = (320, 700)  # the narrowest screen that pages are made for (WCAG 2.2, 1.4.10)
ATOM = "{http://www.w3.org/2005/Atom}"

PAGES = {
    "front": "/",
    "search": "/-/hani/search",
    "finds": "/-/hani/search?q=nurse",
    "finds in edits": "/-/hani/search?q=won&in=removed&silent=1",
    "no finds": "/-/hani/search?q=zzz&author=Ki&from=soon",
    "article": f"/-/hani/article/{SILENT}",
    "returned article": "/-/hani/article/1252804",
    "compare": f"/-/hani/article/{SILENT}/compare?from=1&to=2",
    "nothing differs": f"/-/hani/article/{SILENT}/compare?from=1&to=3",
    "changes": "/-/hani/changes",
    "silent edits": "/-/hani/changes?silent=1&kind=figure&from=soon",
    "no edits": "/-/hani/changes?from=1999-01-01&to=1999-01-02",
    "removed": "/-/hani/removed",
    "feeds": "/-/hani/feeds",
    "health": "/-/hani/health",
    "sections": "/-/hani/sections",
    "section": "/-/hani/section/e_national",
    "authors": "/-/hani/authors",
    "no authors": "/-/hani/authors?part=Zzz",
    "author": "/-/hani/author?name=Ho+Yeon-u",
    "days": "/-/hani/day",
    "day": "/-/hani/day/2026-11-26",
}
"""A page of each kind, in the archive of the bundled site."""

LONG = "An uncommonly long headline that goes on about what the committee said of what the ministry had said "
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
NAMES = tuple(f"Person Number{n}" for n in range(30))
ODD = {
    "front": "/",
    "long headline": "/-/hani/article/1",
    "long words": "/-/hani/article/2",
    "Hangul": "/-/hani/article/3/compare",
    "many names": "/-/hani/article/4",
    "many versions": "/-/hani/article/5",
    "first of many": "/-/hani/article/5/compare?from=1&view=side",
    "removed": "/-/hani/article/6",
    "finds": "/-/hani/search?q=headline&in=versions",
    "changes": "/-/hani/changes",
    "health": "/-/hani/health",
    "sections": "/-/hani/sections",
    "authors": "/-/hani/authors",
    "day": "/-/hani/day/2026-11-01",
}
"""Pages of articles that no newspaper should print."""


def at(hour: int) -> str:
    return f"2026-11-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z"


def odd_articles() -> Iterator[Seen]:
    yield 1, at(0), an_article(LONG * 6)
    yield 2, at(0), an_article(WORD * 4, f"https://english.hani.co.kr/{'a' * 300}", subtitle="x" * 300)
    for hour, countries in enumerate(("세", "네")):
        title = f"국회에서 열린 한반도 평화 회의, {countries} 나라가 함께 서명하다"
        yield (
            3,
            at(hour),
            an_article(title, "기사 본문은 한국어로만 되어 있다. " * 9, "And 국회 within.", authors=("홍가람",)),
        )
    pictures = tuple(Image(f"https://img.hani.co.kr/{n}.jpg", f"What picture {n} shows", "Yonhap") for n in range(8))
    yield 4, at(0), an_article("Many names", authors=NAMES, images=pictures, section=f"e_{'long_' * 30}")
    for hour in range(30):
        paragraphs = [f"Paragraph {n} stays as it was." for n in range(12)]
        yield 5, at(hour), an_article(f"Ferry count rises to {hour:,}", *paragraphs, f"So far {hour * 10**12:,} came.")
    for hour in (0, 10, 40, 80):
        yield 6, at(hour), None if hour else an_article("A headline that was taken away")


@pytest.fixture(scope="module")
def home(nights: Path) -> Iterator[str]:
    """A served archive of the bundled site's nights."""
    with hani_serve(nights) as started:
        yield started.address


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served archive of odd articles."""
    with hani_serve(written(tmp_path_factory.mktemp("odd") / "archive.db", odd_articles())) as started:
        yield started.address


@pytest.fixture
def desktop(chromium: Browser, home: str) -> Iterator[Watched]:
    with watching(chromium, home) as watched:
        yield watched


# --- a newcomer's way ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_a_newcomer_finds_a_silent_edit_and_follows_the_silent_ones(
    chromium: Browser, home: str, size: tuple[int, int], script: bool
) -> None:
    touch = size == TELEPHONE
    with watching(chromium, home, size, java_script_enabled=script, has_touch=touch) as watched:
        page = watched.go("/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("what it changed afterwards")
        page.get_by_label("Search all articles").fill("seafarers")
        page.get_by_role("button", name="Search").click()
        (page.locator(".finds h3 a").tap if touch else page.locator(".finds h3 a").click)()
        expect(page.locator("h1")).to_have_text(
            "Vietnam and South Korea sign pact on night-shift rights for migrant seafarers"
        )
        page.get_by_role("link", name="See what changed").click()
        shows_the_first_change(page, size, script)
        sides_by_the_form(page, size, script)
        filtered_changes(page)
        feeds_tell_of_it(page)
        assert not any(watched.troubles.values()), watched.troubles


def shows_the_first_change(page: Page, size: tuple[int, int], script: bool) -> None:
    """It opens on what changed: highlighted, within the screen, and said to be silent."""
    expect(page).to_have_url(f"{origin(page)}/-/hani/article/{SILENT}/compare#change-1")
    first = page.locator("#change-1")
    expect(first.locator("del")).to_have_text(BEFORE)
    expect(first.locator("ins")).to_have_text(AFTER)
    within_the_screen(first, size)
    expect(page.locator(".lede")).to_contain_text(
        "silent The newspaper’s own “Modified on” stayed 2026-05-08 13:30 KST"
    )
    expect(first.locator("del")).to_have_css("text-decoration-line", "line-through")
    expect(first.locator("ins")).to_have_css("text-decoration-line", "underline")
    expect(first.locator("del")).to_have_css("background-color", "rgb(253, 233, 230)")
    expect(first.locator("ins")).to_have_css("background-color", "rgb(226, 244, 228)")


def within_the_screen(what: Locator, size: tuple[int, int]) -> None:
    expect(what).to_be_in_viewport(ratio=1)
    box = what.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= size[0] and box["y"] + box["height"] <= size[1]


def sides_by_the_form(page: Page, size: tuple[int, int], script: bool) -> None:
    page.get_by_label("side by side").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_label("side by side")).to_be_checked()
    first = page.locator("#change-1")
    within_the_screen(first, size)
    expect(first.locator(".before")).to_contain_text(BEFORE)
    expect(first.locator(".after")).to_contain_text(AFTER)
    before, after = first.locator(".before").bounding_box(), first.locator(".after").bounding_box()
    assert before and after
    assert (before["y"] == after["y"]) is (size == DESKTOP)
    page.get_by_label("inline").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#change-1 .both")).to_be_visible()


def filtered_changes(page: Page) -> None:
    page.get_by_role("link", name="Changes", exact=True).click()
    everything = page.locator(".edits > li").count()
    page.get_by_label("Kind").select_option("rewrite")
    page.get_by_label("silent only").check()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Silent edits")
    edits = page.locator(".edits > li")
    assert 0 < edits.count() < everything
    expect(edits.locator(".badge.silent")).to_have_count(edits.count())
    for place in range(edits.count()):
        assert "rewrite" in edits.nth(place).locator(".kind").all_inner_texts()


def feeds_tell_of_it(page: Page) -> None:
    """The links on the page lead to feeds of the choice that was made."""
    headlines = page.locator(".edits h2").all_inner_texts()
    follow = page.locator(".subscribe")
    atom = page.request.get(href(page, follow.get_by_role("link", name="Atom")))
    assert atom.headers["content-type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(atom.body()).findall(f"{ATOM}entry")
    feed = page.request.get(href(page, follow.get_by_role("link", name="JSON Feed"))).json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    told = [entry.findtext(f"{ATOM}title", "") for entry in entries]
    assert len(told) == len(headlines) == len(feed["items"])
    for headline in headlines:
        assert any(headline in title for title in told) and any(headline in item["title"] for item in feed["items"])
    assert any(f"<del>{BEFORE}</del>" in item["content_html"] for item in feed["items"])


def origin(page: Page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.scheme}://{parts.netloc}"


def href(page: Page, link: Locator) -> str:
    return origin(page) + (link.get_attribute("href") or "")


def test_feeds_are_offered_to_readers_that_look_for_them(desktop: Watched) -> None:
    page = desktop.go("/")
    offered = page.locator("link[rel=alternate][type='application/atom+xml']")
    assert [link.get_attribute("title") for link in offered.all()] == [
        "New articles",
        "Edits",
        "Silent edits",
        "Removals",
    ]
    for link in offered.all():
        assert page.request.get(href(page, link)).ok


def test_going_back_leads_to_the_search_as_it_was(desktop: Watched) -> None:
    page = desktop.go("/-/hani/search?q=nurse&in=versions&edited=1")
    found = page.locator(".finds h3").all_inner_texts()
    page.locator(".finds h3 a").first.click()
    expect(page.locator("article .body")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Words, “a phrase”")).to_have_value("nurse")
    expect(page.get_by_label("Search in")).to_have_value("versions")
    assert page.locator(".finds h3").all_inner_texts() == found != []


def test_every_kind_of_change_is_explained_on_the_page_that_lists_them(desktop: Watched) -> None:
    assert tuple(MEANINGS) == KINDS
    page = desktop.go("/-/hani/changes")
    page.get_by_text("What the kinds mean").click()
    expect(page.get_by_text("the newspaper’s own “Modified on”", exact=True)).to_be_visible()


def test_of_a_long_history_the_newest_versions_are_in_sight(chromium: Browser, odd: str) -> None:
    with watching(chromium, odd) as watched:
        page = watched.go("/-/hani/article/5")
        expect(page.locator(".timeline li")).to_have_count(30)
        expect(page.get_by_role("link", name="Version 19")).to_be_visible()
        expect(page.get_by_role("link", name="Version 18")).not_to_be_visible()
        page.get_by_text("18 earlier versions").click()
        page.get_by_role("link", name="Version 2", exact=True).click()
        expect(page.locator(".timeline .current")).to_contain_text("Version 2")
        expect(page.locator(".timeline .current")).to_be_visible()


# --- the keyboard ----------------------------------------------------------------------------------------------------

FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    name: (at.getAttribute("aria-label") || at.textContent || at.id || "").trim().replace(/\\s+/g, " "),
    place: [...document.querySelectorAll("*")].indexOf(at), id: at.id, tag: at.tagName.toLowerCase(),
    outline: style.outlineStyle, width: parseFloat(style.outlineWidth),
    seen: box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
  };
}"""


def focused(page: Page) -> Any:
    return page.evaluate(FOCUSED)


@pytest.mark.parametrize("kind", ["front", "finds", "article", "compare", "changes"])
def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(desktop: Watched, kind: str) -> None:
    page = desktop.go(PAGES[kind])
    stops: list[Any] = []
    page.keyboard.press("Tab")
    while (stop := focused(page))["tag"] != "body":
        stops.append(stop)
        page.keyboard.press("Tab")
    assert stops[0]["name"] == "Skip to the content" and stops[-1]["name"] == "Tables and JSON"
    assert [stop for stop in stops if stop["outline"] != "solid" or stop["width"] < 2 or not stop["seen"]] == []
    reachable = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, summary, pre[tabindex=\"0\"]')]"
        ".filter((e) => e.checkVisibility() && !(e.type === 'radio' && !e.checked)).length"
    )
    assert len({stop["place"] for stop in stops}) == reachable > 10  # a box for a day is several stops


def test_enter_skips_to_the_content_opens_links_and_sends_the_search(desktop: Watched) -> None:
    page = desktop.go("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page)["id"] == "main"
    page.keyboard.press("Tab")
    assert focused(page)["id"] == "q"
    page.keyboard.type("seafarers")
    page.keyboard.press("Enter")
    expect(page.locator(".finds > li")).to_have_count(1)
    page.locator(".finds h3 a").focus()
    page.keyboard.press("Enter")
    expect(page.locator("article .body")).to_be_visible()


def test_a_slash_leads_to_the_search_and_is_typed_there(desktop: Watched) -> None:
    page = desktop.go(PAGES["article"])
    page.keyboard.press("/")
    assert focused(page)["id"] == "quick"
    page.keyboard.type("and/or")
    expect(page.locator("#quick")).to_have_value("and/or")
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_have_value("and/or")


def test_n_and_p_step_from_change_to_change(desktop: Watched) -> None:
    page = desktop.go(f"/-/hani/article/{SILENT}/compare")
    steps = []
    for key in ("n", "n", "n", "p", "p"):
        page.keyboard.press(key)
        steps.append(focused(page)["id"])
        within_the_screen(page.locator(f"#{steps[-1]}"), DESKTOP)
    assert steps == ["change-1", "change-2", "change-2", "change-1", "change-1"]
    assert page.url.endswith("#change-1")


# --- sizes -----------------------------------------------------------------------------------------------------------

TOO_WIDE = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= page.clientWidth) return null;
  const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > page.clientWidth + 1);
  return wide.slice(0, 3).map((e) => `${e.tagName}.${e.className}`);
}"""
OVER_EACH_OTHER = """() => {
  const all = [...document.querySelectorAll("main :is(a[href], button, input, select, summary, h1, h2, h3), header :is(a[href], button, input)")]
    .filter((e) => e.checkVisibility() && !e.closest(".unseen"));
  const boxes = all.flatMap((e) => [...e.getClientRects()].map((box) => ({ e, box })));
  const found = [];
  for (const [place, one] of boxes.entries()) for (const other of boxes.slice(place + 1)) {
    if (one.e.contains(other.e) || other.e.contains(one.e)) continue;
    const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (width > 2 && height > 4) found.push([one.e, other.e].map((e) => `${e.tagName} ${e.textContent.trim().slice(0, 30)}`).join(" × "));
  }
  return found;
}"""
TOO_SMALL = """() => [...document.querySelectorAll("button, select, summary, nav a, .button, .step a, .list a.headline, input")]
  .filter((e) => e.checkVisibility())
  .map((e) => [e, (e.closest("label") && e.matches("[type=checkbox], [type=radio]") ? e.closest("label") : e).getBoundingClientRect()])
  .filter(([, box]) => box.height < 24 || box.width < 24)
  .map(([e, box]) => `${e.tagName} ${e.textContent.trim().slice(0, 30)} ${box.width}×${box.height}`)"""


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE, SMALL], ids=["desktop", "telephone", "small telephone"])
def test_pages_fit_the_screen_also_with_text_of_twice_the_size(
    chromium: Browser, home: str, odd: str, size: tuple[int, int]
) -> None:
    found = {}
    with watching(chromium, home, size, has_touch=size != DESKTOP) as watched:
        for where, pages in ((home, PAGES), (odd, ODD)):
            for name, path in pages.items():
                watched.page.goto(where + path)
                found[name, path] = [watched.page.evaluate(script) for script in (TOO_WIDE, OVER_EACH_OTHER, TOO_SMALL)]
                if size != SMALL:
                    watched.page.evaluate("document.documentElement.style.fontSize = '200%'")
                    found[name, path] += [watched.page.evaluate(script) for script in (TOO_WIDE, OVER_EACH_OTHER)]
    assert {key: what for key, what in found.items() if any(what)} == {}


# --- colours, paper, motion ------------------------------------------------------------------------------------------

CONTRASTS = """() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (colour) => {
    const [r, g, b] = rgb(colour).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.documentElement).backgroundColor);
  const against = (colour) => {
    const [low, high] = [light(colour), paper].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const fills = (selector) => [...document.querySelectorAll(selector)].map((e) => against(getComputedStyle(e).fill));
  return {
    words: Math.min(...fills("svg text")), marks: Math.min(...fills("svg .s0, svg .s1")),
    edge: against(getComputedStyle(document.querySelector("input[type=search]")).borderTopColor),
  };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_and_boxes_have_contrast_too(chromium: Browser, home: str, scheme: str) -> None:
    """axe-core does not look at drawings and edges (WCAG 2.2, 1.4.3 and 1.4.11)."""
    with watching(chromium, home, color_scheme=scheme) as watched:
        found = watched.go("/").evaluate(CONTRASTS)
    assert found["words"] >= 4.5 and found["marks"] >= 3 and found["edge"] >= 3, found


def test_a_dark_browser_gets_dark_pages(chromium: Browser, home: str) -> None:
    with watching(chromium, home, color_scheme="dark") as watched:
        page = watched.go(PAGES["compare"])
        expect(page.locator("html")).to_have_css("background-color", "rgb(23, 24, 26)")
        expect(page.locator("html")).to_have_css("color", "rgb(231, 229, 223)")
        expect(page.locator("#change-1 ins")).to_have_css("background-color", "rgb(24, 57, 31)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_white_and_has_no_navigation(chromium: Browser, home: str, scheme: str) -> None:
    with watching(chromium, home, color_scheme=scheme) as watched:
        page = watched.go(PAGES["article"])
        page.emulate_media(media="print")
        expect(page.locator("html")).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(page.locator(".body p").first).to_have_css("color", "rgb(0, 0, 0)")
        expect(page.locator(".badge.silent").first).to_have_css("color", "rgb(138, 59, 0)")
        for gone in ("header nav", ".quick", "footer", "button >> nth=0"):
            expect(page.locator(gone)).to_be_hidden()
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("#cite code")).to_contain_text(f"/-/hani/version/{SILENT}@")


def test_nothing_moves(chromium: Browser, home: str) -> None:
    with watching(chromium, home, reduced_motion="reduce") as watched:
        for path in PAGES.values():
            moving = watched.go(path).evaluate(
                "[...document.querySelectorAll('*')].filter((e) => { const s = getComputedStyle(e);"
                " return s.animationName !== 'none' || s.transitionDuration !== '0s' || s.scrollBehavior !== 'auto'; }).length"
            )
            assert moving == 0, path


# --- what the browser was told, and by whom ---------------------------------------------------------------------------


def test_every_page_loads_from_our_server_alone_and_without_a_complaint(desktop: Watched) -> None:
    loaded: list[tuple[str, int]] = []
    desktop.page.on("response", lambda answer: loaded.append((answer.url, answer.status)))
    for path in PAGES.values():
        desktop.go(path)
    assert not any(desktop.troubles.values()), desktop.troubles
    assert {urlsplit(url).netloc for url, _ in loaded} == {urlsplit(desktop.home).netloc}
    assert {status for _, status in loaded} <= {200, 304}
    assert {urlsplit(url).path.rsplit("/", 1)[1] for url, _ in loaded if "/-/static" in url} == {
        "hani.css",
        "hani.js",
        "icon.svg",
    }


# --- axe-core --------------------------------------------------------------------------------------------------------

AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
"""What a dark scheme changes."""


def findings(page: Page, options: Mapping[str, Any] = AXE) -> list[str]:
    """What axe-core finds on a page; it is run beside the page's own scripts, so the policy need not be bent for it."""
    found = Axe().run(page, options=dict(options)).response["violations"]
    return [f"{one['impact']} {one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_axe_finds_nothing(chromium: Browser, home: str, odd: str, size: tuple[int, int]) -> None:
    found = {}
    with watching(chromium, home, size) as watched:
        page = watched.page
        for where, pages in ((home, PAGES | {"nothing": "/-/hani/article/1"}), (odd, ODD)):
            for name, path in pages.items():
                page.goto(where + path)
                page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                found[name, path] = findings(page)
                if size == DESKTOP:
                    page.emulate_media(color_scheme="dark")
                    found[name, path] += findings(page, COLOURS)
                    page.emulate_media(color_scheme="light")
    assert {key: what for key, what in found.items() if what} == {}


def test_axe_would_find_something(desktop: Watched) -> None:
    """The test above looks: a page that is bad in two ways is found to be so."""
    page = desktop.go("/-/hani/feeds")
    page.evaluate("document.documentElement.removeAttribute('lang'); document.querySelector('h1').style.color = '#ddd'")
    assert [one.partition(":")[0] for one in findings(page)] == ["serious color-contrast", "serious html-has-lang"]


# --- the README's pictures (no browser is needed) ---------------------------------------------------------------------


def test_the_readme_shows_every_picture_and_says_what_is_on_it() -> None:
    shown = re.findall(r"!\[([^\]]*)\]\((docs/screens/[^)]+)\)", (ROOT / "README.md").read_text())
    assert sorted(name for _, name in shown) == sorted(f"docs/screens/{screen.name}.png" for screen in SCREENS)
    assert all(len(words) > 20 for words, _ in shown)
    for screen in SCREENS:
        held = picture(screen).read_bytes()
        assert held.startswith(b"\x89PNG") and len(held) <= MOST_BYTES
        assert (int.from_bytes(held[16:20]), int.from_bytes(held[20:24])) == screen.size


# --- light and plain (no browser is needed) ----------------------------------------------------------------------------


def test_our_style_and_script_are_light_and_ours() -> None:
    static = {file.name: file.read_bytes() for file in (files("archive.web") / "static").iterdir()}
    assert sum(len(held) for name, held in static.items() if name.endswith((".css", ".js"))) < 50_000
    assert sorted(static) == ["datasette.js", "hani.css", "hani.js", "icon.svg"]
    for held in static.values():
        assert b"@import" not in held and b"url(" not in held and b"//cdn" not in held


@pytest.fixture(scope="module")
def outlines(home: str, odd: str) -> Mapping[str, html.HtmlElement]:
    """Every page of both archives, as HTML."""
    with httpx.Client(timeout=60) as asking:
        return {
            where + path: html.document_fromstring(asking.get(where + path).text)
            for where, pages in ((home, PAGES | {"nothing": "/-/hani/article/1"}), (odd, ODD))
            for path in pages.values()
        }


def test_no_page_holds_script_or_style_of_its_own(outlines: Mapping[str, html.HtmlElement]) -> None:
    for path, page in outlines.items():
        scripts = page.findall(".//script")
        assert [(script.get("src") or "").rpartition("/")[2].split("?")[0] for script in scripts] == ["hani.js"], path
        assert not page.findall(".//style") and not page.xpath("//*[@style]"), path
        assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")], path
        assert not page.xpath("//iframe | //object | //embed | //img | //*[starts-with(@href, 'javascript')]"), path


def test_every_page_has_an_outline(outlines: Mapping[str, html.HtmlElement]) -> None:
    for path, page in outlines.items():
        assert page.get("lang") == "en", path
        assert len(page.findall(".//main")) == len(page.findall(".//h1")) == 1, path
        levels = [int(heading.tag[1]) for heading in page.xpath("//h1 | //h2 | //h3 | //h4")]
        assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels)), path
        ids = [element.get("id") for element in page.xpath("//*[@id]")]
        assert len(ids) == len(set(ids)), path
        assert not [cell for cell in page.xpath("//th") if cell.get("scope") not in ("col", "row")], path


def test_every_page_has_a_title_of_its_own(outlines: Mapping[str, html.HtmlElement], home: str) -> None:
    titles = [page.findtext(".//title") or "" for path, page in outlines.items() if path.startswith(home)]
    assert len(titles) == len(set(titles)) and all(title.endswith(" · The Hankyoreh, archived") for title in titles)


def test_hangul_is_marked_as_korean_and_nothing_else_is(outlines: Mapping[str, html.HtmlElement], odd: str) -> None:
    page = outlines[f"{odd}/-/hani/article/3/compare"]
    assert json.dumps([span.text for span in page.xpath("//h1//*[@lang='ko']")], ensure_ascii=False) == (
        '["국회에서 열린 한반도 평화 회의", "네 나라가 함께 서명하다"]'
    )
    assert [part for part in page.xpath("//*[@lang='ko']//text()") if part.isascii()] == []
