"""Pages as of 2018 and 2019: text nodes in #bodyapp, parted by breaks."""

from datetime import datetime

from jobs.replica import chrome, markup
from jobs.replica.noise import slot
from jobs.replica.site import Article, pick

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def printed(moment: datetime) -> str:
    """A time as these pages print it: Nov.12,2018 17:50 KST."""
    return f"{_MONTHS[moment.month - 1]}.{moment.day},{moment.year} {moment:%H:%M} KST"


def _dates(article: Article) -> str:
    """The line of dates, one text."""
    text = f"Posted on : {printed(article.posted)}"
    if article.modified is not None:
        parting = [" ", "\n\t\t", "&nbsp;&nbsp;"][pick(article.id, "dates", 3)]
        text += f"{parting}Modified on : {printed(article.modified)}"
    return f'<p class="headline-data">{text}</p>\n'


def _image(article: Article, number: int) -> str:
    """A picture in one of the three forms of those years."""
    form = pick(article.id, "caption", 3)
    width, height = markup.image_size(article, number)
    picture = f'<img src="{markup.image_address(article, number)}" alt="{markup.image_alt(article, number)}" border="0"'
    text = markup.caption(article, number)
    lines = [] if text is None else [text] * (2 if article.hints.caption_twice else 1)
    if form == 0:
        rows = "".join(f'<tr><td class="caption" align="left">{line}</td></tr>' for line in lines)
        return (
            '<table class="photo-view-area" align="center" cellpadding="0" cellspacing="0">'
            f'<tr><td>{picture} width="{width}"></td></tr>{rows}</table>'
        )
    if form == 1:
        desc = "".join(f'<div class="desc">{line}</div>' for line in lines)
        return (
            f'<div class="imageC" style="width:{width}px"><div class="image">{picture} '
            f'height="{height}"></div>{desc}</div>'
        )
    desc = "".join(f'<br><span class="caption">{line}</span>' for line in lines)
    return f'<span class="figure">{picture}>{desc}</span>'


def _tail(article: Article) -> list[str]:
    """The lines after the body, within its container."""
    lines = []
    byline = article.record["byline"]
    if byline and not markup.listed(article):
        lines.append(markup.entities(byline, 0))
    if byline or pick(article.id, "contact", 2):
        lines.append(markup.contact(article, "comments or questions"))
    button = markup.button(article)
    if button:
        lines.append(button)
    return lines


def _related(article: Article) -> str:
    """The blocks that follow; on half of the pages inside the text's element."""
    html = ""
    if article.hints.related:
        html += f'<h4 class="rel">Related stories</h4><ul>{slot("related", "open")}</ul>\n'
    form = "open" if pick(article.id, "rank", 2) else "li"
    return html + f'<h4 class="rel">Most viewed articles</h4><ul>{slot("most", form)}</ul>\n'


def page(article: Article, charset: str = "utf-8") -> str:
    """The whole page."""
    head, top, side, bottom = chrome.around("g1", article.section)
    line = markup.subtitle(article)
    place = pick(article.id, "subtitle", 3) if line else -1
    sub = f'<div class="subtitle">{line}</div>\n'
    text = markup.flowing(
        article,
        lambda number: _image(article, number),
        _tail(article),
        block=pick(article.id, "caption", 3) != 2,
    )
    inside = pick(article.id, "inside", 2) == 0
    related = _related(article)
    section = f"/arti/english_edition/{article.section}/"
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" \
"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head>
<meta http-equiv="Content-Type" content="text/html; charset={charset}" />
<title>{markup.title(article)} : {article.section_name} : News : The Hankyoreh</title>
<meta property="og:title" content="{markup.attribute(article.title)}" />
<meta name="csrf-token" content="{slot("csrf")}" />
{markup.canonical(article)}{head}</head>
<body>
<div id="wrap"><div id="header"><h1><a href="/">The Hankyoreh</a></h1>{top}</div>
<table width="960" cellpadding="0" cellspacing="0"><tr><td valign="top" width="640">
<div class="view_map"><span><a href="/">Home</a></span> &gt; <span>\
<a href="/arti/english_edition/">English edition</a></span> &gt; <span>\
<a href="{section}list1.html">{article.section_name}</a></span></div>
<h2 id="titleapp"><div>{markup.title(article)}</div></h2>
{sub if place == 0 else ""}{_dates(article)}{markup.reporters(article)}\
{sub if place == 1 else ""}{chrome.share("sns")}
<div id="bodyapp"><div>
{sub if place == 2 else ""}{text}
{related if inside else ""}</div></div>
{"" if inside else f'<div class="view-bottom">{related}</div>'}
{chrome.comments("reply")}</td><td valign="top" width="300">{side}</td></tr></table>
{bottom}</div>
{chrome.server_comment()}</body></html>
"""
