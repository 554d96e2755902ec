"""A page that was saved as plain text is read by its labels and its order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.records import Article, Image, Refusal, RefusalReason
from crawler.extraction import read_page
from crawler.plaintext import looks_like_text

TITLE = "As county, ministry argue over 218 passbooks, is the persimmon tree a path to nothing?"
SUBTITLE = "While many counties are taking a more flexible approach, one has kept its eye on trees"
CAPTION = "The head of the county shakes hands with a newborn on Nov. 15 in Naju, South Jeolla. (Yonhap)"
PARAGRAPHS = [
    "Amid reports that the ministry will be visiting the county, there are signs of a thaw. But there are none in Naju.",
    "By Friday, the ministry had collected 412 complaints.",
    "“We are receiving one invoice after another [from the bank and the county],” Ra Su-mi, a clerk, told Hankyoreh.",
    "“Please direct questions to the spokesperson,” said an official, and hung up.",
    "Related stories have been told in the village for years.",
    "The county’s “Four Noes” state that if the ministry meddles, it will take the trees off the table.",
]
BYLINE = "By Shin Hyeong-cheol, staff reporter"
STAMPS = "Posted on : 2023-06-09 17:50 KST Modified on : 2023-06-10 09:00 KST"
CLOSING = [
    BYLINE,
    "Please direct questions or comments to []",
    "button that move to original korean article (클릭시 원문으로 이동하는 버튼)",
    "Related stories",
    "Most viewed articles",
]


def text(*, stamps: str = STAMPS, lead: list[str] | None = None, closing: list[str] = CLOSING) -> str:
    lines = [SUBTITLE, CAPTION, CAPTION] if lead is None else lead
    return "\n".join([TITLE, "", stamps, *lines, "", "\n\n".join([*PARAGRAPHS, *closing])])


def read(page: str) -> Article:
    found = read_page(page.encode())
    assert isinstance(found, Article), found
    return found


def test_a_readers_copy_comes_out_to_the_letter() -> None:
    assert read(text()) == Article(
        title=TITLE,
        subtitle=SUBTITLE,
        authors=("Shin Hyeong-cheol",),
        byline=BYLINE,
        posted_at="2023-06-09T08:50:00Z",
        modified_at="2023-06-10T00:00:00Z",
        section=None,
        body=tuple(PARAGRAPHS),
        images=(Image(None, CAPTION, "Yonhap"),),
        original_url=None,
        template="text",
        number=None,
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_endings_and_marks_make_no_difference(ending: str, bom: str) -> None:
    assert read(bom + text().replace("\n", ending)) == read(text())


@pytest.mark.parametrize(
    ("stamps", "modified"),
    [
        (STAMPS.replace(" Modified", "\nModified"), "2023-06-10T00:00:00Z"),
        (STAMPS.replace(" Modified", "\n\nModified"), "2023-06-10T00:00:00Z"),
        ("Posted on : 2023-06-09 17:50 KST", None),
        ("Posted on : Jun.9,2023 17:50 KST Modified on : Jun.10,2023 09:00 KST", "2023-06-10T00:00:00Z"),
    ],
)
def test_stamps_on_one_line_or_two(stamps: str, modified: str | None) -> None:
    article = read(text(stamps=stamps))
    assert (article.posted_at, article.modified_at) == ("2023-06-09T08:50:00Z", modified)
    assert (article.subtitle, article.body) == (SUBTITLE, tuple(PARAGRAPHS))


@pytest.mark.parametrize(
    ("lead", "subtitle", "images"),
    [
        ([SUBTITLE], SUBTITLE, ()),
        ([CAPTION, CAPTION], None, (Image(None, CAPTION, "Yonhap"),)),
        ([], None, ()),
        ([SUBTITLE, "", CAPTION, CAPTION], SUBTITLE, (Image(None, CAPTION, "Yonhap"),)),
        (
            [SUBTITLE, "and on trees alone", CAPTION, CAPTION],
            f"{SUBTITLE} and on trees alone",
            (Image(None, CAPTION, "Yonhap"),),
        ),
    ],
)
def test_what_stands_above_the_text(lead: list[str], subtitle: str | None, images: tuple[Image, ...]) -> None:
    article = read(text(lead=lead))
    assert article.subtitle == subtitle
    assert article.images == images
    assert article.body == tuple(PARAGRAPHS)


@pytest.mark.parametrize(
    ("closing", "byline", "authors"),
    [
        ([], None, ()),
        (CLOSING[1:], None, ()),
        (
            ["By Kim A-ra and Lee B-ho, staff reporters", *CLOSING[1:]],
            "By Kim A-ra and Lee B-ho, staff reporters",
            ("Kim A-ra", "Lee B-ho"),
        ),
        ([BYLINE, "Please direct questions or comments to [[email protected]]"], BYLINE, ("Shin Hyeong-cheol",)),
        ([BYLINE, "Please direct questions or comments to [english@hani.co.kr]"], BYLINE, ("Shin Hyeong-cheol",)),
        (
            [
                *CLOSING[:4],
                "Trees for all",
                "A county and its bank",
                "Most viewed articles",
                "1Frost sends cabbage past 7,000 won",
            ],
            BYLINE,
            ("Shin Hyeong-cheol",),
        ),
    ],
)
def test_not_a_word_of_boilerplate(closing: list[str], byline: str | None, authors: tuple[str, ...]) -> None:
    article = read(text(closing=closing))
    assert (article.byline, article.authors) == (byline, authors)
    assert article.body == tuple(PARAGRAPHS)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("just a sentence", RefusalReason.NO_DATE),
        (f"{TITLE}\n\nPosted on : the other day\n\n{PARAGRAPHS[0]}", RefusalReason.NO_DATE),
        (f"{STAMPS}\n\n{PARAGRAPHS[0]}", RefusalReason.NO_TITLE),
        (f"{TITLE}\n\n{STAMPS}\n", RefusalReason.NO_BODY),
        (f"{TITLE}\n\n{STAMPS}\n\n{BYLINE}\n\nPlease direct questions or comments to []", RefusalReason.NO_BODY),
        ("", RefusalReason.EMPTY),
        (" \n ", RefusalReason.EMPTY),
        ("\x00\x01\x02\x03" * 20, RefusalReason.NOT_A_PAGE),
    ],
)
def test_what_is_no_article_is_refused_with_the_reason(page: str, reason: RefusalReason) -> None:
    found = read_page(page.encode())
    assert isinstance(found, Refusal)
    assert found.reason is reason
    assert found.detail and "\n" not in found.detail


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (text(), True),
        ("a < b and b > c", True),
        ("<p>markup</p>", False),
        ("<!DOCTYPE html>\n<title>x</title>", False),
        ("a<br>b", False),
    ],
)
def test_text_is_told_from_markup(page: str, expected: bool) -> None:
    assert looks_like_text(page) is expected


LINES = st.text(max_size=20) | st.sampled_from([TITLE, STAMPS, SUBTITLE, CAPTION, *PARAGRAPHS, *CLOSING, ""])


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES, max_size=14).map("\n".join))
def test_reading_a_text_never_fails(page: str) -> None:
    found = read_page(page.encode())
    assert isinstance(found, Article | Refusal)
    if isinstance(found, Article) and found.template == "text":
        assert found.title and found.body and all(found.body)
        assert found.subtitle != "" and found.byline != ""
