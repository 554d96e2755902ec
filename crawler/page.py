"""A page as one way of reading found it, before it is accepted; pure."""

from dataclasses import dataclass
from typing import Any

from lxml import etree

from archive.records import Article, Refusal, RefusalReason
from crawler.bylines import authors as names_in
from crawler.cleaning import Cleaned
from crawler.flow import Block, blocks, soup_of
from crawler.head import Head


@dataclass(frozen=True, slots=True)
class Page:
    """A page as one way of reading found it, before it is accepted."""

    template: str
    title: str
    posted_at: str | None
    modified_at: str | None
    subtitle: str | None
    reporters: str | None
    cleaned: Cleaned

    def missing(self) -> Refusal | None:
        """What keeps this page from being an article."""
        if not self.title:
            return Refusal(RefusalReason.NO_TITLE, f"no headline found ({self.template})")
        if self.posted_at is None:
            return Refusal(RefusalReason.NO_DATE, f"no time of posting found ({self.template})")
        if not self.cleaned.body:
            return Refusal(RefusalReason.NO_BODY, f"no paragraph found ({self.template})")
        return None

    def article(self, head: Head) -> Article:
        """The record."""
        assert self.posted_at is not None  # `missing` came first
        byline = self.cleaned.byline or self.reporters
        return Article(
            title=self.title,
            posted_at=self.posted_at,
            body=self.cleaned.body,
            template=self.template,
            number=head.number,
            subtitle=self.subtitle,
            authors=self.cleaned.authors or (names_in(byline) if byline else ()),
            byline=byline,
            modified_at=self.modified_at,
            section=head.section,
            images=self.cleaned.images,
            original_url=head.original_url,
        )


def markup_of(element: Any) -> str:
    """An element of the page as markup, without the text behind it."""
    return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))


def blocks_of(element: Any) -> list[Block]:
    """Hand one subtree to BeautifulSoup and take its lines and figures."""
    etree.strip_elements(element, "script", "style", "noscript", "svg", "iframe", with_tail=False)
    return blocks(soup_of(markup_of(element)))
