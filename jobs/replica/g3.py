"""Pages of 2025 and 2026: a Next.js site with class names that end in a build's hash."""

import json
import random
import zlib
from collections.abc import Callable
from html import escape

from jobs.replica import chrome, markup
from jobs.replica.noise import slot
from jobs.replica.site import SECTIONS, Article, pick

BUILDS = ("9kRU", "v2Tqa", "Lm_81", "zC0w-")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_ZOOM = "/_next/static/media/icon-zoom.1c2f.svg"
_PLAY = "/_next/static/media/icon-play.77ab.svg"


def css(build: str) -> Callable[[str], str]:
    """What turns a class name into a build's own: ArticleDetailView_title__9kRU_."""

    def hashed(name: str) -> str:
        number = zlib.crc32(f"{build}/{name}".encode())
        suffix = "".join(_LETTERS[number >> shift & 63] for shift in (0, 6, 12, 18, 24))
        return f"{name}__{suffix}"

    return hashed


def _dates(article: Article, c: Callable[[str], str]) -> str:
    """The list of dates, labelled in one of the two languages."""
    english = pick(article.id, "label", 2)
    moments = [("Posted on" if english else "등록", article.posted)]
    if article.modified is not None:
        moments.append(("Modified on" if english else "수정", article.modified))
    items = "".join(
        f'<li class="{c("ArticleDetailView_dateListItem")}">{label}'
        f"{' ' if pick(article.id, 'space', 2) else ''}<span>{moment:%Y-%m-%d %H:%M}</span></li>"
        for label, moment in moments
    )
    return f'<ul class="{c("ArticleDetailView_dateList")}">{items}</ul>'


def byline_form(article: Article) -> str:
    """The form of the byline: as hinted, else what the record allows."""
    byline = article.record["byline"]
    if not byline:
        return "none"
    if markup.listed(article):
        return "reporters_only"
    form = article.hints.byline_form
    return form if form in ("own", "with_mail") else "own"


def _reporters(article: Article, c: Callable[[str], str]) -> str:
    """The list of reporters, on pages that have one."""
    form, names = byline_form(article), article.record["authors"]
    if not names or (form != "reporters_only" and pick(article.id, "reporters", 3) == 0):
        return ""
    links = ", ".join(
        f'<a href="/arti/reporter/{pick(article.id + n, "reporter", 9000)}">{escape(name)}</a>'
        for n, name in enumerate(names)
    )
    return f'<div class="{c("ArticleDetailView_reporterList")}">{links}</div>'


def _ad(article: Article, c: Callable[[str], str], place: int) -> str:
    """An advertisement among the paragraphs."""
    return (
        f'<div class="{c("ArticleDetailContent_adWrap")}"><div class="{c("BaseAd_adWrapper")} '
        f'{c("BaseAd_desktop")}"><span class="blind" style="position:absolute;clip:rect(0 0 0 0)">'
        f'광고</span><div id="div-gpt-ad-{slot("ad")}" data-zone="{article.section}_{place}">'
        "</div></div></div>\n"
    )


def _audio(c: Callable[[str], str]) -> str:
    """The player that reads the article aloud."""
    return (
        f'<div class="{c("ArticleDetailAudioPlayer_audioWrap")}">'
        f'<div class="{c("AudioPlayer_player")}">'
        f'<button type="button"><img src="{_PLAY}" alt="play" width="24" height="24"></button>'
        "<span>Listen to this article</span><span>기사를 읽어드립니다</span><span>0:00</span>"
        '<audio preload="none"></audio></div></div>\n'
    )


def _image(article: Article, c: Callable[[str], str], number: int) -> str:
    """A picture: two sources, a button to enlarge it with a picture of its own, a caption."""
    width, height = markup.image_size(article, number)
    src = markup.image_address(article, number)
    stem, dot, rest = src.rpartition(".")
    webp = f"{stem}.webp" if dot and "/" not in rest else src
    lines = [markup.caption(article, number) or ""]
    if article.hints.caption_twice and lines[0]:
        lines.append(lines[0])
    return (
        f'<div class="{c("ArticleDetailContent_imageContainer")}"><figure '
        f'class="{c("ArticleDetailContent_figure")}"><div class="{c("BaseImage_wrap")}"><picture>'
        f'<source type="image/webp" srcset="{webp}"><img src="{src}" '
        f'alt="{markup.image_alt(article, number)}" width="{width}" height="{height}"></picture>'
        f'<button type="button" class="{c("ArticleDetailContent_zoomButton")}"><img src="{_ZOOM}" '
        'alt="이미지 확대"></button></div>'
        f'<figcaption class="{c("ArticleDetailContent_figcaption")}">{"<br>".join(lines)}'
        "</figcaption></figure></div>\n"
    )


def _embed(article: Article) -> str:
    """A video or a post from elsewhere."""
    number = pick(article.id, "embed", 10**6)
    if number % 2:
        return (
            '<div class="embeded-area"><iframe width="560" height="315" '
            f'src="https://www.youtube.com/embed/invented{number}" title="video"></iframe></div>\n'
        )
    return (
        '<div class="embeded-area"><blockquote class="twitter-tweet"><p lang="en">A post that was '
        f"embedded here and is no part of the text. pic.example/{number}</p>&mdash; The Hankyoreh "
        "English</blockquote></div>\n"
    )


def _paragraph(article: Article, number: int) -> str:
    """A paragraph or a mid-title."""
    html = markup.paragraph(article, number)
    if number not in article.hints.midtitles:
        return f'<p class="text">{html}</p>\n'
    if article.hints.midtitle_form == "box":
        return f'<div class="cont-midtitle"><p class="text">{html}</p></div>\n'
    tag = "strong" if pick(article.id, "bold", 2) else "b"
    return f'<p class="text"><{tag}>{html}</{tag}></p>\n'


def _tail(article: Article) -> str:
    """What ends the text: newsletter, byline, address, original."""
    lines = []
    hints = article.hints
    mail = f'<a href="mailto:{markup.MAIL}">{markup.MAIL}</a>'
    ask = markup.contact(article, "questions or comments")
    byline = markup.entities(article.record["byline"] or "", 0)
    form = byline_form(article)
    if form == "own":
        lines += [byline, ask]
    elif form == "with_mail":
        parting = [" ", "<br>", " ["][pick(article.id, "mail-part", 3)]
        lines.append(f"{byline}{parting}{mail}{']' if parting == ' [' else ''}")
    elif pick(article.id, "contact", 2):
        lines.append(ask)
    button = markup.button(article)
    if button:
        lines.append(button)
    if hints.newsletter:
        text = hints.newsletter
        text = text if text.startswith("(☞") else f"(☞ {text})"
        line = f'<a href="/newsletter">{escape(text, quote=False)}</a>'
        lines.insert(0 if pick(article.id, "letter", 2) else len(lines), line)
    return "".join(f'<p class="text">{line}</p>\n' for line in lines)


def _text(article: Article, c: Callable[[str], str]) -> str:
    """Everything in div.article-text."""
    hints = article.hints
    html = _audio(c) if hints.audio else ""
    last = len(article.record["body"]) - 1
    for kind, number in markup.in_order(article):
        if kind == "image":
            html += _image(article, c, number)
            continue
        html += _paragraph(article, number)
        if hints.ads and number in (1, 4):
            html += _ad(article, c, number)
        if hints.embed and number == min(2, last):
            html += _embed(article)
    return html + _tail(article)


def _subtitle(article: Article, c: Callable[[str], str]) -> str:
    """The standfirst, led by the name of its series where there is one."""
    line, series = markup.subtitle(article), article.hints.series
    if line is None:
        return ""
    lead = ""
    if series:
        lead = f'<span class="{c("ArticleDetailView_series")}">{escape(series, quote=False)}</span>'
        lead += "<br>" if pick(article.id, "series", 2) else ""
    return f'<h4 class="{c("ArticleDetailView_subtitle")}">{lead}{line}</h4>\n'


def _meta(article: Article) -> str:
    """The head's description of the article."""
    lines = [
        f'<meta property="og:title" content="{markup.attribute(article.title)}"/>',
        '<meta property="og:type" content="article"/>',
        f'<meta property="og:url" content="{article.address}"/>',
    ]
    images = article.record["images"]
    if images:
        lines.append(f'<meta property="og:image" content="{markup.image_address(article, 0)}"/>')
    if pick(article.id, "published", 2):
        stamp = article.posted.isoformat(timespec="seconds")
        lines.append(f'<meta property="article:published_time" content="{stamp}"/>')
    return "".join(lines) + markup.canonical(article)


def next_data(section: str, build: str, properties: dict[str, object]) -> str:
    """The page's data as JSON; list pages have their list in it."""
    own = json.dumps(properties, ensure_ascii=False).replace("<", "\\u003c")
    shared = chrome.page_data(section, 13000)
    return (
        '<script id="__NEXT_DATA__" type="application/json">{"props":{"pageProps":'
        f'{own[:-1]}{", " if len(own) > 2 else ""}"common":{{{shared}}}}},"__N_SSP":true}},'
        f'"page":"/arti/[...slug]","query":{{}},"buildId":"{build}{slot("ad")}",'
        '"isFallback":false,"gssp":true,"scriptLoader":[]}</script>\n'
    )


def breadcrumb(section: str, name: str, c: Callable[[str], str]) -> str:
    """The way to the page."""
    return (
        f'<div class="{c("ArticleDetailView_breadcrumb")}"><a href="/">Home</a><a '
        'href="/arti/english_edition">English Edition</a><a '
        f'href="/arti/english_edition/{section}">{escape(name)}</a></div>\n'
    )


def frame(section: str, build: str, title: str, meta: str, main: str, data: str) -> str:
    """A page of this generation around anything."""
    c = css(build)
    head, top, side, bottom = chrome.around("g3", section)
    rng = random.Random(f"preload:{build}")
    preload = "".join(
        f'<link rel="preload" href="/_next/static/css/{rng.getrandbits(64):016x}.css" as="style"/>' for _ in range(8)
    )
    return f"""<!DOCTYPE html><html lang="en"><head><meta charSet="utf-8"/>
<meta name="viewport" content="width=device-width"/><title>{title}</title>{meta}
<meta name="csrf-token" content="{slot("csrf")}"/>
{preload}{head}</head><body><div id="__next"><div class="{c("Layout_wrap")}">
<header class="{c("Header_header")}"><a href="/">한겨레 The Hankyoreh</a>\
<nav class="{c("Gnb_nav")}">{top}</nav></header>
<div class="{c("Layout_container")}"><main class="{c("Layout_main")}">
{main}</main>
<aside class="{c("Layout_aside")}">{chrome.most_viewed("RankBox_rank", "g3")}{side}</aside></div>
<footer class="{c("Footer_footer")}">{bottom}</footer></div></div>
{data}{chrome.server_comment()}</body></html>
"""


def page(article: Article, build: str) -> str:
    """The whole page in one build."""
    c = css(build)
    name = SECTIONS.get(article.section, article.section_name)
    related = ""
    if article.hints.related:
        related = (
            f'<div class="{c("ArticleDetailContent_related")}"><strong>Related stories</strong>'
            f"<ul>{slot('related', 'g3')}</ul></div>\n"
        )
    main = f"""<article id="renewal2023" class="{c("ArticleDetailView_article")}">
{breadcrumb(article.section, name, c)}\
<h3 class="{c("ArticleDetailView_title")}">{markup.title(article)}</h3>
{_subtitle(article, c)}<div class="{c("ArticleDetailView_infoArea")}">{_reporters(article, c)}\
{_dates(article, c)}{chrome.share("ArticleShare_list")}</div>
<div class="{c("ArticleDetailView_content")}"><div class="article-text">
{_text(article, c)}</div></div>
{related}</article>
{chrome.comments("CommentBox_wrap")}"""
    data = next_data(
        article.section,
        build,
        {"article": {"id": article.id, "title": article.title, "url": article.path}},
    )
    title = f"{markup.title(article)} : {escape(name)} : The Hankyoreh"
    return frame(article.section, build, title, _meta(article), main, data)
