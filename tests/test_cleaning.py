"""The rules take away what is no article, and leave all prose."""

from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.records import Article, Image
from crawler.bylines import authors, is_byline
from crawler.cleaning import RULES, clean
from crawler.extraction import cleaner_parts, cleaner_version, read_page
from crawler.flow import Block

OPENING = "The ministry said on Monday that it would publish the names of all 412 companies by the end of the month."
MIDDLE = "Residents of the village, most of whom are over 70, were told of the plan by a notice on the bus stop."
CLOSING = "The mayor, who had promised a hearing, was not available for comment and has left for a conference in Busan."
BYLINE = "By Shin Hyeong-cheol, staff reporter"
CONTACT = "Please direct questions or comments to [english@hani.co.kr]"
BUTTON = "button that move to original korean article (클릭시 원문으로 이동하는 버튼)"
TRAPS = [
    "By Friday, the ministry had …",
    "By Friday, the ministry had collected 412 complaints and answered three of them.",
    "By Chuseok, staff at the plant had been sent home without pay.",
    "By contrast, reporters in Busan were let in.",
    "By the time the director of the plant arrived, the gate was shut.",
    "He asked that the box “Related stories” be taken from the page, and so it was.",
    "Related stories have been told in the village for as long as anyone can remember.",
    "For a week the audit was among the Most viewed articles on the county’s own site.",
    "Most viewed articles are not the best ones, she said.",
    "“We are receiving one invoice after another [from the US and Japan],” said Lee Sang-man, a professor.",
    "“[That] will not happen,” he said.",
    "[Editor’s note: this is the second of three parts.]",
    "“Please direct questions to the spokesperson,” said an official, before hanging up.",
    "Please direct questions to the spokesperson.",
    "Please direct questions to the spokesperson, who is on leave.",
    "“Please send comments to the mayor,” the notice on the door says.",
    "Advertisements for the drug have been banned since 2019.",
    "Ad revenue fell by half.",
    "Copyright holders say that the law came too late.",
    "Copyright law is to be rewritten next year, the ministry said.",
    "Complaints can be sent to help@example.org until Friday, the county said.",
    "She photographed the sign ☞ which points nowhere.",
    "“Modified on paper only,” he said of the plan.",
    "Reporters Without Borders called it a step back.",
    "Newsletter subscribers learned of it first.",
    "Sponsored by nobody, the festival went ahead.",
]
BOILERPLATE = [
    CONTACT,
    "Please direct comments or questions to [english@hani.co.kr]",
    "Please direct questions or comments to [[email protected]]",
    "Please direct questions or comments to []",
    "english@hani.co.kr",
    "[english@hani.co.kr]",
    BUTTON,
    "(☞ Get the day’s stories in your mailbox: subscribe to the newsletter)",
    "광고",
    "Advertisement",
    "© 2026 The Hankyoreh. All rights reserved.",
]


def texts(*lines: str) -> list[Block]:
    return [Block(line) for line in lines]


def page(*paragraphs: str, closing: str = "") -> bytes:
    """A page of the newest generation."""
    body = "".join(f'<p class="text">{escape(p)}</p>' for p in paragraphs)
    return (
        '<html><head><link rel="canonical" href="https://www.hani.co.kr/arti/english_edition/e_national/1239999.html">'
        '</head><body><article id="renewal2023"><h3 class="ArticleDetailView_title__9k">A title</h3>'
        '<ul class="ArticleDetailView_dateList__9k"><li class="ArticleDetailView_dateListItem__9k">등록 '
        f'<span>2026-01-06 15:45</span></li></ul><div class="article-text">{body}{closing}</div></article></body></html>'
    ).encode()


def read(body: bytes) -> Article:
    found = read_page(body)
    assert isinstance(found, Article), found
    return found


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("place", range(4))
def test_prose_survives_wherever_it_stands(trap: str, place: int) -> None:
    prose = [OPENING, MIDDLE, CLOSING]
    prose.insert(place, trap)
    cleaned = clean(texts(*prose, BYLINE, CONTACT, BUTTON, "Related stories", "Most viewed articles"))
    assert list(cleaned.body) == prose
    assert cleaned.byline == BYLINE


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("place", range(4))
def test_prose_survives_on_a_page_without_a_byline(trap: str, place: int) -> None:
    prose = [OPENING, MIDDLE, CLOSING]
    prose.insert(place, trap)
    article = read(page(*prose))
    assert list(article.body) == prose
    assert article.byline is None and article.authors == ()


@pytest.mark.parametrize("line", BOILERPLATE)
def test_boilerplate_goes_and_nothing_else(line: str) -> None:
    prose = (OPENING, MIDDLE, CLOSING)
    assert clean(texts(*prose, BYLINE, line)).body == prose
    assert clean(texts(*prose, line)).body == prose
    assert read(page(*prose, BYLINE, line)).body == prose


@pytest.mark.parametrize(
    ("lines", "byline"),
    [
        ([OPENING, MIDDLE, BYLINE, CONTACT], BYLINE),
        ([OPENING, MIDDLE, f"{BYLINE} {CONTACT}"], BYLINE),
        ([OPENING, MIDDLE, f"{BYLINE} [shin@hani.co.kr]", CONTACT], BYLINE),
        ([OPENING, MIDDLE, f"{BYLINE} shin@hani.co.kr"], BYLINE),
        ([BYLINE, OPENING, MIDDLE, CONTACT], BYLINE),
        ([OPENING, MIDDLE, "By Kim A-ra and Lee B-ho, staff reporters"], "By Kim A-ra and Lee B-ho, staff reporters"),
        ([OPENING, MIDDLE], None),
    ],
)
def test_the_byline_is_taken_as_printed_without_a_mail_address(lines: list[str], byline: str | None) -> None:
    cleaned = clean(texts(*lines))
    assert cleaned.byline == byline
    assert cleaned.body == (OPENING, MIDDLE)


def test_blocks_of_links_end_the_article() -> None:
    links = [
        Block("Frost sends cabbage past 7,000 won", link=True),
        Block("The puppet that missed its train", link=True),
    ]
    blocks = [
        *texts(OPENING, MIDDLE, BYLINE, CONTACT, "Related stories"),
        *links,
        *texts("Most viewed articles"),
        *links,
    ]
    assert clean(blocks).body == (OPENING, MIDDLE)


@pytest.mark.parametrize("heading", ["Related stories", "Related Stories", "Related articles", "Most viewed articles"])
@pytest.mark.parametrize("behind", [[MIDDLE, CLOSING], ["“No,” he said.", MIDDLE]])
def test_a_block_of_links_amid_an_article_takes_only_its_links(heading: str, behind: list[str]) -> None:
    blocks = [
        Block(OPENING),
        Block(heading),
        Block("Frost sends cabbage past 7,000 won", link=True),
        *texts(*behind, BYLINE),
    ]
    assert list(clean(blocks).body) == [OPENING, *behind]


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([0, 1, 2], [f"{OPENING} {MIDDLE}", CLOSING]),  # a double break parts, a single one is a space
        ([0, 1, 1], [OPENING, MIDDLE, CLOSING]),  # no double one: each parts
        ([0, 2, 2], [OPENING, MIDDLE, CLOSING]),
        ([0, 0, 0], [OPENING, MIDDLE, CLOSING]),  # elements of their own
        ([0, 2, 0], [OPENING, MIDDLE, CLOSING]),
    ],
)
def test_breaks_part_paragraphs(gaps: list[int], expected: list[str]) -> None:
    blocks = [Block(text, gap=gap) for text, gap in zip([OPENING, MIDDLE, CLOSING], gaps, strict=True)]
    assert list(clean(blocks).body) == expected


def test_a_mid_title_is_a_paragraph_of_its_own() -> None:
    blocks = [Block(OPENING), Block("Moon-shaped holes", gap=2, bold=True), Block(MIDDLE, gap=1), Block(CLOSING, gap=2)]
    assert clean(blocks).body == (OPENING, "Moon-shaped holes", MIDDLE, CLOSING)


PICTURE = "https://img.hani.co.kr/imgdb/original/2024/0211/1.jpg"
CAPTION = "A ferry leaves the port of Mokpo. (Yonhap)"


@pytest.mark.parametrize(
    ("blocks", "images"),
    [
        (
            [Block(image=Image(PICTURE), alt=CAPTION), Block(CAPTION), Block(OPENING)],
            (Image(PICTURE, CAPTION, "Yonhap"),),
        ),
        (
            [Block(image=Image(PICTURE, CAPTION, "Yonhap")), Block(CAPTION), Block(OPENING)],
            (Image(PICTURE, CAPTION, "Yonhap"),),
        ),
        (
            [
                Block(image=Image(PICTURE, CAPTION, "Yonhap")),
                Block(image=Image(PICTURE, CAPTION, "Yonhap")),
                Block(OPENING),
            ],
            (Image(PICTURE, CAPTION, "Yonhap"),),
        ),
        (
            [Block(image=Image(PICTURE)), Block(image=Image(PICTURE, CAPTION, "Yonhap")), Block(OPENING)],
            (Image(PICTURE, CAPTION, "Yonhap"),),
        ),
        ([Block(image=Image(PICTURE), alt="A ferry"), Block(OPENING)], (Image(PICTURE),)),  # a mere alt is no caption
        (
            [Block(image=Image(PICTURE)), Block("A caption.", caption=True), Block(OPENING)],
            (Image(PICTURE, "A caption."),),
        ),
    ],
)
def test_a_picture_has_one_caption_once(blocks: list[Block], images: tuple[Image, ...]) -> None:
    cleaned = clean(blocks)
    assert cleaned.images == images
    assert cleaned.body == (OPENING,)


def test_every_rule_declares_a_name_and_a_version() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.version >= 1 and f"rule {rule.name}" in cleaner_parts() for rule in RULES)
    assert cleaner_version() == cleaner_version()


WORDS = st.lists(
    st.sampled_from(["ministry", "village", "says", "412", "the", "of", "won", "[sic]", "“no,”"]),
    min_size=3,
    max_size=14,
)
SENTENCES = WORDS.map(lambda words: f"The {' '.join(words)} was heard.") | st.sampled_from(TRAPS)


@settings(deadline=None, max_examples=200)
@given(st.lists(SENTENCES, min_size=1, max_size=30))
def test_whatever_the_sentences_all_stay_in_order(prose: list[str]) -> None:
    cleaned = clean(texts(*prose, BYLINE, CONTACT, BUTTON, "Related stories", "Most viewed articles"))
    assert list(cleaned.body) == prose
    assert (cleaned.byline, cleaned.authors) == (BYLINE, ("Shin Hyeong-cheol",))


ANY_BLOCK = st.builds(
    Block,
    text=st.text(max_size=30) | st.sampled_from([*TRAPS, *BOILERPLATE, BYLINE, "Related stories"]),
    image=st.none() | st.builds(Image, st.none() | st.just(PICTURE), st.none() | st.text(max_size=10), st.none()),
    gap=st.integers(0, 2),
    bold=st.booleans(),
    link=st.booleans(),
    caption=st.booleans(),
    apart=st.booleans(),
    alt=st.none() | st.text(max_size=10),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(ANY_BLOCK, max_size=12))
def test_no_order_of_blocks_makes_the_rules_fail_or_invent_text(blocks: list[Block]) -> None:
    cleaned = clean(blocks)
    everything = " ".join(block.text for block in blocks)
    assert all(word in everything for paragraph in cleaned.body for word in paragraph.split())
    assert len(cleaned.images) <= sum(block.image is not None for block in blocks)


@pytest.mark.parametrize("unit", ["a", "a ", "(", "By A-b, ", "a@", "[email", "Please direct ", ". ", "a.b-"])
def test_a_hostile_line_costs_no_more_than_its_length(unit: str) -> None:
    """A million characters without end: a pattern that looks back at each of them would not come back."""
    line = unit * (1_000_000 // len(unit))
    assert clean(texts(OPENING, line, BYLINE)).body[0] == OPENING
    assert not is_byline(line)
    assert authors(line) == ()
