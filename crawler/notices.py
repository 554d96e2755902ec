"""Pages that say that there is nothing to read: a deletion notice, a bot check, a paywall, the front page; pure.

An article may speak of all of these, so a phrase counts only where hardly any article stands around it.
"""

import re
from typing import Any

from archive.records import Refusal, RefusalReason
from crawler.text import plain

STUB_PARAGRAPHS = 2  # a page with more paragraphs is an article, whatever they say
STUB_CHARACTERS = 600
NOTICE_CHARACTERS = 3000  # how much of a page without an article is looked through
MOST_SCRIPTS, SCRIPT_CHARACTERS = 20, 2000  # how much of a page's scripts is looked through for a message
FRONT_PAGE_LINKS = 15  # links to articles on a page that is none itself

_TAKEN = "deleted|removed|withdrawn|retracted|unpublished|taken down|found|exist|available|unavailable"
_DELETED = re.compile(
    r"\b(?:this|the|requested)\s+(?:article|page|story|news|content)s?\b(?:\s+(?:that\s+)?you\s+(?:requested|are looking for|were looking for))?\s*"
    rf"(?:has been|have been|was|is|does|could|can)\s*(?:not\s+|no longer\s+|be\s+|been\s+)*(?:{_TAKEN})"
    r"|no longer (?:available|exists)|page not found|article not found|\b404\b.{0,30}\bnot found|\bnot found.{0,30}\b404\b"
    r"|(?:삭제|존재하지\s*않는).{0,12}(?:기사|페이지)|기사.{0,12}삭제|찾을 수 없",
    re.I,
)
# In the form of an article, a notice speaks of itself: "The page was removed …" may be the news.
_DELETED_STUB = re.compile(
    r"^(?:this (?:article|page|story)|(?:the|your) requested|삭제된|존재하지|해당 기사)|^the (?:article|story|page) (?:has been|was)"
    r" (?:deleted|removed|withdrawn)\.?$",
    re.I,
)
_ALERT = re.compile(r"alert\(\s*[\"']([^\"'\n]{1,200})[\"']")
_REFRESH = re.compile(r"\s*\d{1,2}\s*;\s*url\s*=\s*[\"']?([^\"'\s]{1,500})", re.I)
_BOT = re.compile(
    r"verify(?:ing)? (?:that )?you(?:'|’)?(?: a|)re (?:a )?human|verify you are|checking your browser|just a moment|captcha|are you a robot|not a robot"
    r"|unusual traffic|access (?:is )?denied|enable javascript and cookies|security check|ddos protection|attention required",
    re.I,
)
_PAYWALL = re.compile(
    r"subscribe (?:now )?to (?:continue|keep|read)|(?:log|sign) ?in to (?:continue|keep|read)|to continue reading|for subscribers only"
    r"|subscriber[- ]only|only (?:available )?(?:for|to) subscribers|to read the (?:full|rest)|구독자 전용|유료 (?:기사|회원)",
    re.I,
)


def notice(root: Any, body: tuple[str, ...], *, complete: bool) -> Refusal | None:
    """The refusal that a page's own words call for; None where it may be an article.

    `body` holds the paragraphs found so far; `complete` says that a title and a date were found too.
    """
    if len(body) > STUB_PARAGRAPHS or sum(map(len, body)) > STUB_CHARACTERS:
        return None
    if complete:
        return _stub(root, body)
    shown = f"{visible_text(root)[:NOTICE_CHARACTERS]} {_alerts(root)}"
    title = plain(root.findtext(".//title") or "")
    articles = len(set(root.xpath("//a[contains(@href, '/arti/')]/@href")))
    for pattern, reason in (
        (_BOT, RefusalReason.BOT_CHECK),
        (_DELETED, RefusalReason.DELETED),
        (_PAYWALL, RefusalReason.PAYWALL),
    ):
        if found := pattern.search(f"{title} {shown}"):
            return Refusal(reason, f"the page says {plain(found[0])!r} and holds no article")
    if not body and (target := _refreshed_to(root)):
        return Refusal(RefusalReason.DELETED, f"the page holds nothing and sends its reader to {target[:200]}")
    if articles >= FRONT_PAGE_LINKS and not body:
        return Refusal(RefusalReason.FRONT_PAGE, f"a page of {articles} links to articles, and none itself")
    return None


def _stub(root: Any, body: tuple[str, ...]) -> Refusal | None:
    """A page in the form of an article that holds a notice, or one sentence before a paywall, in place of its text."""
    if body and _DELETED_STUB.match(body[0]) and (found := _DELETED.search(body[0])) and len(body[0]) < 200:
        return Refusal(RefusalReason.DELETED, f"the text is a notice: {plain(found[0])!r}")
    if found := _PAYWALL.search(visible_text(root)):
        return Refusal(RefusalReason.PAYWALL, f"the page says {plain(found[0])!r} after {len(body)} paragraphs")
    return None


def _alerts(root: Any) -> str:
    """What the page's scripts say to a reader in a box, as old Korean sites do: alert("삭제된 기사입니다.")."""
    scripts = " ".join(str(text)[:SCRIPT_CHARACTERS] for text in root.xpath("//script/text()")[:MOST_SCRIPTS])
    return " ".join(_ALERT.findall(scripts))


def _refreshed_to(root: Any) -> str | None:
    """Where a page without any text sends its reader at once: a redirect that is none of HTTP's."""
    if visible_text(root).strip():
        return None
    for content in root.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh') = 'refresh']/@content")[:1]:
        if found := _REFRESH.match(str(content)[:SCRIPT_CHARACTERS]):
            return plain(found[1])
    return None


def visible_text(root: Any) -> str:
    """What a page shows, without its scripts; nearly as a reader sees it."""
    return plain(" ".join(root.xpath("//body//text()[not(ancestor::script or ancestor::style)]")))
