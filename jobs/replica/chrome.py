"""What stands around the articles: navigation, styles, scripts, footers; invented and heavy.

Real pages weigh 50 to 170 kB of which an article is a few, so an extractor has something to leave
out and a benchmark has something to parse. All of it is made from word lists with a fixed seed.
"""

import json
import random
from functools import cache

from jobs.replica.noise import slot
from jobs.replica.site import SECTIONS


def _words(text: str) -> list[str]:
    """Words parted by bars."""
    return text.split("|")


ENGLISH_MENU = _words(
    "Latest stories|In depth|Photo essays|Cartoons|Columns|Interviews|Podcasts|Video|Newsletters|"
    "Archive|About us|Corrections|Contact the desk|Subscriptions|Advertise|Terms of use|Privacy"
)
KOREAN_MENU = _words(
    "정치|국회·정당|행정·자치|외교|국방·북한|사회|교육|노동|환경|의료·건강|전국|수도권|강원|충청|영남|호남|제주|"
    "경제|금융·증권|부동산|산업·재계|자동차|소비자|국제|아시아·태평양|미국·중남미|유럽|중동·아프리카|문화|방송·연예|"
    "영화·애니|음악·공연·전시|책과 생각|여행과 여가|스포츠|축구·해외리그|야구·메이저리그|"
    "미래과학|과학기술|만화·그림판|"
    "오피니언|사설|칼럼|왜냐면|연재|이슈|포토|뉴스레터|구독신청|후원하기|로그인|회원가입|지면보기|알림|고객센터"
)
FOOTER_LINKS = _words(
    "회사소개|이용약관|개인정보처리방침|청소년보호정책|저작권 안내|광고 안내|고충처리|"
    "제보하기|윤리강령|"
    "독자위원회|인재채용|사이트맵"
)
COPYRIGHT = "Copyright &copy; The Hankyoreh. All rights reserved."
_PARTS = _words(
    "gnb|lnb|util|aside|rank|banner|share|font|comment|footer|family|search|layer|tab|list|photo|"
    "video|card|badge|notice|toast|modal|swiper|paging|issue|opinion|support|login|popup|weather"
)
_KINDS = _words("wrap|inner|item|title|link|thumb|text|date|btn|icon|area|box|more|head|body|count")
_RULES = _words(
    "display:block|display:inline-block|position:relative|overflow:hidden|margin:0 auto|"
    "padding:0 20px|font-size:14px|font-size:17px|line-height:1.65|color:#222|color:#767676|"
    "background:#fff|background:#f5f6f7|border-bottom:1px solid #e4e4e4|font-weight:700|"
    "text-align:center|vertical-align:middle|letter-spacing:-.02em|width:100%|max-width:1180px|"
    "float:left|box-sizing:border-box|text-decoration:none|white-space:nowrap"
)
_CALLS = _words(
    "init|bind|render|toggle|observe|measure|track|send|open|close|resize|lazy|flush|mount|update|"
    "reset|apply|fetchRank|setCookie|getCookie|checkLogin|loadAd|sendBeacon|scrollTo"
)


def _class(rng: random.Random) -> str:
    """A class name."""
    return f"{rng.choice(_PARTS)}-{rng.choice(_KINDS)}"


def styles(rng: random.Random, size: int) -> str:
    """A style block of about `size` characters."""
    rules: list[str] = []
    length = 0
    while length < size:
        selector = f".{_class(rng)} .{_class(rng)}"
        if rng.random() < 0.2:
            selector = f"@media (max-width:{rng.choice((640, 768, 1024))}px){{{selector}"
        rule = f"{selector}{{{';'.join(rng.sample(_RULES, 3))}}}"
        rule += "}" if rule.startswith("@") else ""
        rules.append(rule)
        length += len(rule) + 1
    return '<style type="text/css">\n' + "\n".join(rules) + "\n</style>\n"


def _function(rng: random.Random) -> str:
    """A function of some script."""
    name = rng.choice(_CALLS) + rng.choice(_PARTS).title()
    target = _class(rng)
    return (
        f"  function {name}(e,t){{var n=document.querySelectorAll('.{target}');"
        f"for(var i=0;i<n.length;i++){{if(n[i].dataset.{rng.choice(_KINDS)}&&t>{rng.randrange(99)})"
        f"{{n[i].classList.add('is-{rng.choice(_CALLS)}');window.setTimeout(function(){{"
        f"{rng.choice(_CALLS)}(e,{{zone:'{rng.choice(_PARTS)}_{rng.randrange(40)}',"
        f"delay:{rng.randrange(50, 3000)}}});}},{rng.randrange(10, 900)});}}}}return n.length;}}"
    )


def script(rng: random.Random, size: int, section: str) -> str:
    """An inline script of about `size` characters."""
    lines = [
        "(function(window,document){'use strict';",
        f"  var config={{section:'{section}',edition:'english',lang:'en',debug:false}};",
        "  var html='<div class=\"article-text\"><p class=\"text\">'+config.lang+'<\\/p></div>';",
    ]
    while sum(map(len, lines)) < size:
        lines.append(_function(rng))
    lines.append("})(window,document);")
    return '<script type="text/javascript">\n' + "\n".join(lines) + "\n</script>\n"


def menu(rng: random.Random, name: str, count: int, section: str) -> str:
    """A navigation of `count` links in both languages, in groups."""
    items = []
    for number in range(count):
        if number % 4 == 0:
            word, href = rng.choice(ENGLISH_MENU), f"/arti/english_edition/menu/{number}"
        else:
            word, href = rng.choice(KOREAN_MENU), f"/arti/{rng.choice(_PARTS)}/{rng.choice(_KINDS)}"
        items.append(
            f'<li class="{name}-item {name}-item-{number}"><a href="{href}" '
            f'class="{name}-link" data-area="{name}_{number}"><span>{word}</span></a></li>'
        )
    current = "".join(
        f'<li class="{name}-section{" on" if code == section else ""}">'
        f'<a href="/arti/english_edition/{code}">{label}</a></li>'
        for code, label in SECTIONS.items()
    )
    return f'<ul class="{name}-sections">{current}</ul>\n<ul class="{name}-list">\n' + "\n".join(items) + "\n</ul>\n"


def banner(rng: random.Random, place: str, section: str) -> str:
    """An advertisement beside the article; its ids change on each request."""
    return (
        f'<div class="ad-banner ad-{place}" data-zone="{section}_{place}">'
        f'<span class="blind">광고</span><ins id="ad-{slot("ad")}" class="ad-frame" '
        f'style="display:block;width:300px;height:{rng.choice((250, 600))}px"></ins></div>\n'
    )


def share(name: str) -> str:
    """Share buttons."""
    buttons = "".join(
        f'<li><button type="button" class="{name}-{code}"><span>{label}</span></button></li>'
        for code, label in (
            ("facebook", "Share on Facebook"),
            ("x", "Share on X"),
            ("kakao", "카카오톡 공유하기"),
            ("link", "Copy link"),
            ("print", "Print"),
            ("large", "글씨 크게"),
            ("small", "글씨 작게"),
        )
    )
    return f'<ul class="{name}">{buttons}</ul>\n'


def comments(name: str) -> str:
    """The box for comments."""
    return (
        f'<div class="{name}" id="comment-box"><h5>Comments <em>{slot("count")}</em></h5>'
        '<form action="/api/comment" method="post">'
        f'<input type="hidden" name="csrf" value="{slot("csrf")}">'
        '<textarea name="text" placeholder="Please log in to leave a comment. 로그인 후 이용해 '
        '주세요."></textarea><button type="submit">Send</button></form>'
        "<p>Comments that insult or that advertise may be removed without notice.</p></div>\n"
    )


def footer(rng: random.Random, name: str) -> str:
    """The end of every page."""
    links = "".join(f'<li><a href="/info/{i}">{word}</a></li>' for i, word in enumerate(FOOTER_LINKS))
    family = "".join(
        f'<option value="/family/{rng.randrange(1000)}">{rng.choice(ENGLISH_MENU)} · {rng.choice(KOREAN_MENU)}</option>'
        for _ in range(30)
    )
    return (
        f'<div class="{name}"><ul class="{name}-links">{links}</ul><select>{family}</select>'
        "<address>서울특별시 마포구 · 대표전화 02-000-0000 · 청소년보호책임자 · 등록번호 서울 "
        f'아00000</address><p class="{name}-copy">{COPYRIGHT}</p>'
        "<p>모든 콘텐츠는 저작권법의 보호를 받으며 무단 전재와 재배포를 금합니다.</p></div>\n"
    )


def most_viewed(name: str, form: str, tag: str = "ol") -> str:
    """The block of other articles that stands beside every page."""
    return (
        f'<div class="{name}"><h5 class="{name}-title">Most viewed articles</h5>'
        f'<{tag} class="{name}-list">{slot("most", form)}</{tag}></div>\n'
    )


def server_comment() -> str:
    """A trace of the machine that answered."""
    return f"<!-- served {slot('time')} by web{slot('count')} views={slot('views')} -->\n"


@cache
def page_data(section: str, size: int) -> str:
    """Menus and settings as a Next.js page carries them, as JSON text without the outer braces."""
    rng = random.Random(f"data:{section}")
    groups: list[dict[str, object]] = []
    while len(json.dumps(groups, ensure_ascii=False).encode()) < size:
        groups.append(
            {
                "id": len(groups) + 1,
                "name": rng.choice(KOREAN_MENU),
                "englishName": rng.choice(ENGLISH_MENU),
                "url": f"/arti/{rng.choice(_PARTS)}",
                "isOpen": rng.random() < 0.5,
                "children": [
                    {"id": 100 * len(groups) + n, "name": rng.choice(KOREAN_MENU), "order": n} for n in range(6)
                ],
            }
        )
    data = json.dumps({"menu": groups, "section": section}, ensure_ascii=False)
    return data[1:-1].replace("<", "\\u003c")


@cache
def around(generation: str, section: str) -> tuple[str, str, str, str]:
    """Head, top, side and bottom of a generation's pages in a section.

    The heavy parts come from the generation's seed alone: they are the same in all sections.
    """
    rng = random.Random(f"chrome:{generation}")
    weights = {
        "g1": (9000, 11000, 90, 50),
        "g2": (9000, 11000, 95, 55),
        "g3": (14000, 13000, 90, 50),
    }
    css, code, top, side = weights[generation]
    head = styles(rng, css) + script(rng, code // 2, section)
    above = menu(rng, "gnb", top, section) + banner(rng, "top", section)
    beside = menu(rng, "aside", side, section) + banner(rng, "right", section) + banner(rng, "wing", section)
    below = footer(rng, "footer") + script(rng, code // 2, section)
    return head, above, beside, below
