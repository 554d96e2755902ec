"""The page generations the site has had: selectors as data, dated; a new layout is a new Template, not an `if`.

Class names of the newest generation end in a hash that changes with every build: only the part before it is matched.
Source of all selectors: pages seen in the years named, public parsers and feeds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """One page generation. All selectors are XPath, tried in order; the first that finds something counts.

    `shows` chooses the template: it must find something in the page. `body` is the element that holds the text,
    `frame` the one around it that also holds pictures or closing lines; `lead` what stands above the text.
    """

    name: str
    version: int
    seen: str
    shows: tuple[str, ...]
    title: tuple[str, ...]
    dates: tuple[str, ...]
    subtitle: tuple[str, ...]
    reporters: tuple[str, ...]
    frame: tuple[str, ...]
    body: tuple[str, ...]


def _has_class(name: str) -> str:
    """XPath's test for a class, by its whole name."""
    whole = f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"
    return f"contains(@class, '{name}') and {whole}"  # the first test is quick, and enough for most


def _class(name: str, tag: str = "*") -> str:
    """XPath for an element with a class, by its whole name."""
    return f"descendant::{tag}[{_has_class(name)}]"


def _inside(outer: str, inner: str) -> str:
    """XPath for what `inner` finds in an element with a class.

    Looked for from within: `outer//inner` costs libxml2 the square of what it finds where such elements are nested.
    """
    return f"{inner}[ancestor::*[{_has_class(outer)}]]"


def _part(name: str, tag: str = "*") -> str:
    """XPath for an element with a class that contains a text (`[class*=…]`)."""
    return f"descendant::{tag}[contains(@class, '{name}')]"


G3 = Template(
    name="g3",
    version=1,
    seen="2025 to 2026, www.hani.co.kr",
    shows=("descendant::article[@id='renewal2023']", _part("ArticleDetailView_title", "h3")),
    title=(_part("ArticleDetailView_title", "h3"), _part("ArticleDetailView_title")),
    dates=(_part("ArticleDetailView_dateList"),),
    subtitle=(_part("ArticleDetailView_subtitle", "h4"), _part("ArticleDetailView_subtitle")),
    reporters=(_part("ArticleDetailView_reporterList"),),
    frame=(_class("article-text"),),
    body=(),
)
G2 = Template(
    name="g2",
    version=1,
    seen="about 2020 to 2024, english.hani.co.kr",
    shows=(_class("article-head"), _class("article-text")),
    title=(
        _inside("article-head", _class("title")),
        _inside("article-head", "descendant::*[self::h1 or self::h2 or self::h3]"),
    ),
    dates=(_inside("article-head", _class("date-time")), _class("date-time"), _class("article-head")),
    subtitle=(_class("subtitle"), _inside("article-head", _class("sub-title"))),
    reporters=(),
    frame=(_inside("article-text", _class("article-text-font-size")), _class("article-text")),
    body=(_class("text"),),
)
G1 = Template(
    name="g1",
    version=1,
    seen="2018 to 2019, english.hani.co.kr",
    shows=("descendant::*[@id='bodyapp']", "descendant::*[@id='titleapp']"),
    title=("descendant::*[@id='titleapp']/div", "descendant::*[@id='titleapp']"),
    dates=(_class("headline-data"),),
    subtitle=(
        f"{_class('subtitle')}[ancestor::*[@id='bodyapp']]",
        f"{_class('sub-title')}[ancestor::*[@id='bodyapp']]",
        "descendant::*[@id='subtitleapp']",
        _class("subtitle"),
    ),
    reporters=(),
    frame=("descendant::*[@id='bodyapp']/div", "descendant::*[@id='bodyapp']"),
    body=(),
)
TEMPLATES = (G3, G2, G1)
"""Newest first: a page is far more likely to be of today's layout."""

FALLBACK_VERSION = 1
"""The version of the cascade for unknown layouts."""
TEXT_VERSION = 1
"""The version of the reading of pages that are already plain text."""
PAGE_VERSION = 3
"""The version of what is done for every page: head, refusals, decoding."""
