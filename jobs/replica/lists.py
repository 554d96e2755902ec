"""The pages that lead to articles: section lists in both forms, feeds, the front page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from jobs.replica import chrome, g3
from jobs.replica.site import (
    ENGLISH_HOST,
    KST,
    LISTED_IN_FEED,
    SECTIONS,
    WWW_HOST,
    Article,
    Edition,
    pick,
)

PAGE_SIZE = 15
# Sections whose list is a gallery, and those whose data stands one level deeper.
GALLERY = frozenset({"e_entertainment", "e_business"})
DEEP_DATA = frozenset({"e_entertainment", "e_national", "e_editorial"})
NO_ARTICLE = "https://www.hani.co.kr/event/english-newsletter/"


@dataclass(frozen=True)
class Item:
    """What a list shows of an article."""

    id: int
    title: str
    path: str
    host: str
    section_name: str
    prologue: str
    posted: datetime
    modified: datetime | None


@dataclass(frozen=True)
class Korean:
    """A short Korean article, which is no part of the English edition."""

    id: int
    path: str
    title: str
    text: tuple[str, ...]

    def item(self, beside: Item | None) -> Item:
        """As a list shows it, dated as its neighbour."""
        posted = beside.posted if beside else datetime(2026, 1, 6, 9, 0, tzinfo=KST)
        return Item(self.id, self.title, self.path, WWW_HOST, "정치", self.text[0], posted, None)


KOREAN = tuple(
    Korean(number, f"/arti/{section}/{number}.html", title, text)
    for number, section, title, text in (
        (
            1239391,
            "politics/diplomacy",
            "한강 하구 공동 조사단, 두 번째 물길 지도 펴낸다",
            ("조사단은 지난가을 여섯 차례 배를 띄웠다.", "지도는 내년 봄에 나온다."),
        ),
        (
            1239392,
            "society/environment",
            "늦은 첫눈에 산골 마을 곶감 말리기도 늦어졌다",
            ("올겨울 첫눈은 예년보다 열흘 늦었다.", "주민들은 덕장을 다시 손봤다."),
        ),
        (
            1239393,
            "economy/consumer",
            "동네 책방 스무 곳, 한 장의 회원증으로 묶인다",
            ("회원증은 다음달부터 쓸 수 있다.", "책방마다 다른 도장을 찍어 준다."),
        ),
        (
            1239394,
            "culture/music",
            "버려진 방직공장에서 열리는 사흘 동안의 음악회",
            ("공장은 서른 해 전에 멈췄다.", "연주자들은 기계 사이에 자리를 잡는다."),
        ),
        (
            1239395,
            "opinion/editorial",
            "[사설] 골목의 가로등부터 다시 세어 보자",
            ("밤길의 안전은 숫자에서 시작한다.", "구청은 조사 결과를 숨기지 말아야 한다."),
        ),
    )
)


def english_item(article: Article) -> Item:
    """What a list shows of one of ours."""
    body = article.record["body"]
    return Item(
        article.id,
        article.title,
        article.path,
        article.host,
        article.section_name,
        article.record["subtitle"] or (body[0] if body else ""),
        article.posted,
        article.modified,
    )


def items(edition: Edition, section: str | None) -> list[Item]:
    """A list as a whole; None is the whole edition. One Korean article is mixed into each."""
    articles = edition.listed if section is None else edition.by_section.get(section, [])
    found = [english_item(article) for article in articles]
    place = list(edition.by_section).index(section) if section in edition.by_section else 0
    korean = _korean(edition)
    if found and korean:
        found.insert(min(2, len(found)), korean[place % len(korean)].item(found[0]))
    return found


def _korean(edition: Edition) -> list[Korean]:
    """The Korean articles whose number no English one has."""
    return [korean for korean in KOREAN if korean.id not in edition.articles]


def cut(found: Sequence[Item], page: int, size: int) -> tuple[list[Item], int]:
    """One page of a list and the number of its last one."""
    last = max(1, -(-len(found) // size))
    return list(found[(page - 1) * size : page * size]), last


def _numbers(page: int, last: int, *, endless: bool) -> range:
    """The page numbers offered below a list; an endless one always offers higher ones."""
    first = max(1, page - 4)
    return range(first, page + 6 if endless else min(last, first + 9) + 1)


def _link_address(item: Item) -> str:
    """How a list writes an address: relative here, whole there."""
    if pick(item.id, "href", 3) == 0:
        return f"https://{item.host}{item.path}"
    return item.path


def _card(item: Item, section: str, build: str) -> str:
    """One item of a new list."""
    c = g3.css(build)
    gallery = section in GALLERY
    item_class = c("ArticleGalleryList_item" if gallery else "ArticleList_item")
    link = c("BaseArticleCardVertical_link" if gallery else "BaseArticleCard_link")
    return (
        f'<li class="{item_class}"><article class="{c("BaseArticleCard_card")}"><a class="{link}" '
        f'href="{_link_address(item)}"><div class="{c("BaseArticleCard_title")}">'
        f"{escape(item.title, quote=False)}</div>"
        f'<p class="{c("BaseArticleCard_prologue")}">{escape(item.prologue[:160], quote=False)}</p>'
        f'<span class="{c("BaseArticleCard_date")}">{item.posted:%Y-%m-%d %H:%M}</span></a>'
        "</article></li>\n"
    )


def _json_item(item: Item) -> dict[str, object]:
    """One item in a new list's data."""
    modified = item.modified or item.posted
    return {
        "id": item.id,
        "title": item.title,
        "url": _link_address(item),
        "createDate": f"{item.posted:%Y-%m-%d %H:%M:%S}",
        "updateDate": f"{modified:%Y-%m-%d %H:%M:%S}",
        "section": {"name": item.section_name},
        "prologue": item.prologue[:160],
    }


def new_list(found: Sequence[Item], section: str, page: int, last: int, build: str, *, endless: bool) -> str:
    """A list page of the present site."""
    c = g3.css(build)
    gallery = section in GALLERY
    name = SECTIONS.get(section, section or "English Edition")
    cards = "".join(_card(item, section, build) for item in found)
    path = "/arti/english_edition" + (f"/{section}" if section else "")
    numbers = "".join(
        f'<a href="{path}?page={n}"{" aria-current=page" if n == page else ""}>{n}</a>'
        for n in _numbers(page, last, endless=endless)
    )
    list_class = c("ArticleGalleryList_list" if gallery else "ArticleList_list")
    main = (
        f'<h2 class="{c("SectionTitle_title")}">{escape(name)}</h2>\n'
        f'<ul class="{list_class}">\n{cards}</ul>\n'
        f'<nav class="{c("BasePagination_wrap")}">{numbers}</nav>\n'
    )
    rows = [_json_item(item) for item in found]
    properties: dict[str, object] = {"list": rows, "page": page}
    if section in DEEP_DATA:
        properties = {"listData": {"articleList": rows, "totalPage": last}, "page": page}
    data = g3.next_data(section, build, properties)
    return g3.frame(section, build, f"{escape(name)} : The Hankyoreh", "", main, data)


def old_list(found: Sequence[Item], section: str, page: int, last: int, *, endless: bool) -> str:
    """A list page of the old site."""
    head, top, side, bottom = chrome.around("g2", section)
    name = SECTIONS.get(section, section or "English edition")
    rows = "".join(
        f'<li><div class="list-item"><a href="{item.path}"><strong>'
        f"{escape(item.title, quote=False)}</strong></a>"
        f'<p class="prologue"><a href="{item.path}#comment-box">'
        f"{escape(item.prologue[:120], quote=False)}</a></p>"
        f'<span class="date">{item.posted:%Y-%m-%d %H:%M}</span></div></li>\n'
        for item in found
    )
    numbers = " ".join(f'<a href="list{n}.html">{n}</a>' for n in _numbers(page, last, endless=endless))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(name)} : The Hankyoreh</title>
{head}</head><body class="english">
<div id="header"><h1><a href="/">The Hankyoreh</a></h1><nav>{top}</nav></div>
<div id="contents"><div class="list-left"><h3>{escape(name)}</h3>
<ul class="list-group">
{rows}</ul>
<div class="paginate">{numbers}</div></div>
<div class="list-right">{chrome.most_viewed("rank-box", "li")}{side}</div></div>
{bottom}{chrome.server_comment()}</body></html>
"""


def _feed_item(title: str, link: str, picture: str) -> str:
    """One item of a feed: no date of any kind."""
    description = f"<img src={picture} border=0>" if picture else ""
    return (
        f"<item>\n<title><![CDATA[{title}]]></title>\n<link>{link}</link>\n"
        f"<description><![CDATA[{description}]]></description>\n</item>\n"
    )


def _picture(number: int, posted: datetime) -> str:
    """The address of an item's picture: it tells the day, and no time."""
    return (
        "https://flexible.img.hani.co.kr/flexible/normal/590/354/imgdb/original/"
        f"{posted:%Y}/{posted:%m%d}/{posted:%Y%m%d}{pick(number, 'feed', 900000) + 100000}.webp"
    )


def _feed(title: str, link: str, entries: Sequence[str]) -> str:
    """A feed around its items."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n<channel>\n'
        f"<title>{title}</title>\n<link>{link}</link>\n<language>en</language>\n"
        "<copyright>Copyright (c) The Hankyoreh</copyright>\n"
        f"{''.join(entries)}</channel>\n</rss>\n"
    )


def english_feed(edition: Edition) -> str:
    """The English edition's feed: newest number first, with strangers among the items."""
    entries = []
    for article in edition.listed[:LISTED_IN_FEED]:
        picture = _picture(article.id, article.posted) if article.record["images"] else ""
        entries.append(_feed_item(article.title, article.address, picture))
    day = edition.listed[0].posted if edition.listed else datetime(2026, 1, 6, 9, 0, tzinfo=KST)
    for place, korean in zip((1, 6), _korean(edition)[:2], strict=False):
        address = f"https://{WWW_HOST}{korean.path}"
        entries.insert(place, _feed_item(korean.title, address, _picture(korean.id, day)))
    entries.insert(4, _feed_item("Subscribe to our newsletter", NO_ARTICLE, ""))
    return _feed("The Hankyoreh : English Edition", f"https://{WWW_HOST}/", entries)


def korean_feed() -> str:
    """What english.hani.co.kr/rss was once seen to answer: the Korean edition's feed."""
    day = datetime(2026, 1, 6, 9, 0, tzinfo=KST)
    entries = [_feed_item(k.title, f"https://{WWW_HOST}{k.path}", _picture(k.id, day)) for k in KOREAN]
    return _feed("한겨레 : 전체기사", f"https://{WWW_HOST}/", entries)


def _simple(title: str, main: str, section: str = "e_national") -> str:
    """A page of the present site without an article."""
    return g3.frame(section, g3.BUILDS[0], title, "", main, g3.next_data(section, g3.BUILDS[0], {}))


def feeds_page() -> str:
    """/rss/: links to the feeds."""
    links = "".join(
        f'<li><a href="https://{WWW_HOST}/rss/{code}/">{label}</a></li>'
        for code, label in (
            ("", "전체기사"),
            ("politics", "정치"),
            ("society", "사회"),
            ("economy", "경제"),
            ("culture", "문화"),
            ("english_edition", "English Edition"),
        )
    )
    return _simple("RSS : The Hankyoreh", f'<h2>RSS 서비스</h2><ul class="rss-list">{links}</ul>\n')


def front_page(edition: Edition, host: str) -> str:
    """The page at the root."""
    links = "".join(
        f'<li><a href="{item.path}">{escape(item.title, quote=False)}</a></li>\n'
        for item in map(english_item, edition.listed[:12])
    )
    old = host == ENGLISH_HOST
    lists = "".join(
        f'<li><a href="/arti/english_edition/{code}{"/list1.html" if old else ""}">{label}</a></li>'
        for code, label in SECTIONS.items()
    )
    main = f'<h2>English Edition</h2><ul class="front-lists">{lists}</ul><ul>\n{links}</ul>\n'
    return _simple("The Hankyoreh", main)


def korean_page(title: str, text: Sequence[str]) -> str:
    """A short Korean article."""
    c = g3.css(g3.BUILDS[0])
    paragraphs = "".join(f'<p class="text">{escape(line, quote=False)}</p>\n' for line in text)
    main = (
        f'<article id="renewal2023"><h3 class="{c("ArticleDetailView_title")}">{escape(title)}</h3>'
        f'<ul class="{c("ArticleDetailView_dateList")}">'
        f'<li class="{c("ArticleDetailView_dateListItem")}">등록'
        "<span>2026-01-06 09:00</span></li></ul>"
        f'<div class="article-text">\n{paragraphs}</div></article>\n'
    )
    return _simple(f"{escape(title)} : 한겨레", main)


def korean_article(path: str, edition: Edition, originals: dict[str, Article]) -> str | None:
    """The Korean article at a path: one of the few, or what an English one was translated from."""
    for korean in _korean(edition):
        if korean.path == path:
            return korean_page(korean.title, korean.text)
    if path in originals and re.search(r"\d+\.html$", path):
        number = re.findall(r"\d+", path)[-1]
        return korean_page(f"영문판 기사의 원문 {number}", ("이 기사는 영문으로도 옮겨졌다.",))
    return None


def gone_page(kind: str) -> str:
    """The notices for what is not there: "404", "410" or "deleted"."""
    words = {
        "404": "페이지를 찾을 수 없습니다. The page you are looking for could not be found.",
        "410": "삭제된 페이지입니다. This page is gone.",
        "deleted": "삭제된 기사입니다. This article has been deleted at the newspaper's request.",
    }
    main = (
        f'<div class="notice-box"><h2>{"Notice" if kind == "deleted" else kind}</h2>'
        f'<p>{words[kind]}</p><a href="/">Home</a></div>\n'
    )
    return _simple("The Hankyoreh", main)


def paywall_page(article: Article) -> str:
    """Title, date and one sentence, then an offer."""
    c = g3.css(g3.BUILDS[0])
    body = article.record["body"]
    sentence = re.split(r"(?<=[.!?”]) ", body[0] if body else article.title)[0]
    main = (
        f'<article id="renewal2023"><h3 class="{c("ArticleDetailView_title")}">'
        f"{escape(article.title, quote=False)}</h3>"
        f'<ul class="{c("ArticleDetailView_dateList")}"><li '
        f'class="{c("ArticleDetailView_dateListItem")}">Posted on '
        f"<span>{article.posted:%Y-%m-%d %H:%M}</span></li></ul>"
        f'<div class="article-text"><p class="text">{escape(sentence, quote=False)}</p></div>'
        '<div class="paywall"><strong>Subscribe to continue reading</strong>'
        "<p>You have read all of this month's free articles. 구독하고 계속 읽기</p>"
        '<a href="/subscribe">Subscribe</a></div></article>\n'
    )
    return _simple(f"{escape(article.title)} : The Hankyoreh", main, article.section)
