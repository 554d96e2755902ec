"""Pages as of 2020 to 2024: the Korean pages' frame, with text parted by breaks."""

from datetime import datetime

from jobs.replica import chrome, markup
from jobs.replica.noise import slot
from jobs.replica.site import Article, pick


def _date(article: Article, label: str, moment: datetime) -> str:
    """One date; its label stands inside the span or before it."""
    form = pick(article.id, "label", 4)
    time = f"{moment:%Y-%m-%d %H:%M} KST"
    if form == 0:
        return f"<span>{label} : {time}</span>"
    if form == 1:
        return f"<span><em>{label} :</em> {time}</span>"
    if form == 2:
        return f"{label} : <span>{time}</span>"
    return f'<span class="label">{label}</span>&nbsp;: <span>{time}</span>'


def _dates(article: Article) -> str:
    """The line of dates."""
    dates = [_date(article, "Posted on", article.posted)]
    if article.modified is not None:
        dates.append(_date(article, "Modified on", article.modified))
    return f'<p class="date-time">{" ".join(dates)}</p>\n'


def _image(article: Article, number: int) -> str:
    """A picture with its caption."""
    width, height = markup.image_size(article, number)
    text = markup.caption(article, number)
    desc = ""
    if text is not None:
        way = pick(article.id, "twice", 2)
        if article.hints.caption_twice and way:
            desc = f'<div class="desc">{text}<br>\n{text}</div>'
        else:
            desc = f'<div class="desc">{text}</div>' * (2 if article.hints.caption_twice else 1)
    return (
        f'<div class="image-area"><div class="imageC" style="width:{width}px;"><div class="image">'
        f'<img src="{markup.image_address(article, number)}" '
        f'alt="{markup.image_alt(article, number)}" width="{width}" height="{height}" />'
        f"</div>{desc}</div></div>"
    )


def _tail(article: Article) -> list[str]:
    """The lines after the body, within its container."""
    lines = []
    byline = article.record["byline"]
    if byline and not markup.listed(article):
        lines.append(markup.entities(byline, 0))
    lines.append(markup.contact(article, "questions or comments"))
    button = markup.button(article)
    if button:
        # A mere picture between two single breaks would look like a double one.
        form = "{}" if article.hints.double_br else '<div class="original">{}</div>'
        lines.append(form.format(button))
    return lines


def _related(article: Article, *, inside: bool) -> str:
    """Related stories and most viewed articles: as lists, or inside as bare text and links."""
    shows = article.hints.related is not False
    if inside and pick(article.id, "bare", 2):
        parting = "<br><br>\n" if article.hints.double_br else "<br>\n"
        blocks = [f"Related stories{slot('related', 'br')}"] if shows else []
        blocks.append(f"Most viewed articles{slot('most', 'br')}")
        alone = not article.hints.double_br and markup.button(article)
        return ("" if alone else parting) + parting.join(blocks)
    html = ""
    if shows:
        html = f'<div class="related"><h5>Related stories</h5><ul>{slot("related", "li")}</ul></div>'
    most = f'<dl class="most"><dt>Most viewed articles</dt><dd><ul>{slot("most", "li")}</ul></dd></dl>'
    return f"\n{html}\n{most}\n"


def page(article: Article) -> str:
    """The whole page."""
    head, top, side, bottom = chrome.around("g2", article.section)
    line = markup.subtitle(article)
    inside = pick(article.id, "inside", 3) != 0
    related = _related(article, inside=inside)
    text = markup.flowing(article, lambda number: _image(article, number), _tail(article), block=True)
    images = article.record["images"]
    og_image = f'<meta property="og:image" content="{images[0]["src"]}">\n' if images else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{markup.title(article)} : {article.section_name} : News : The Hankyoreh</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csrf-token" content="{slot("csrf")}">
<meta property="og:title" content="{markup.attribute(article.title)}">
<meta property="og:site_name" content="The Hankyoreh">
{og_image}{markup.canonical(article)}{head}</head>
<body class="english">
<div id="header"><h1><a href="/">The Hankyoreh</a></h1><nav>{top}</nav></div>
<div id="contents-article"><div class="contents-inner"><div class="article-left">
<div class="article-head">
<p class="category"><strong><a href="/arti/english_edition/{article.section}/list1.html">\
{article.section_name}</a></strong></p>
<h4><span class="title">{markup.title(article)}</span></h4>
{_dates(article)}{markup.reporters(article)}{chrome.share("sns-share")}</div>
<div class="article-body"><div class="article-text"><div class="article-text-font-size">
{f'<div class="subtitle">{line}</div>' if line else ""}
<div class="text">
{text}
{related if inside else ""}</div></div></div></div>
{"" if inside else f'<div class="article-bottom">{related}</div>'}
{chrome.comments("comment-area")}</div>
<div class="article-right">{side}{chrome.most_viewed("rank-box", "li") if inside else ""}</div>
</div></div>
{bottom}
{chrome.server_comment()}</body>
</html>
"""
