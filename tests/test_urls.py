"""Any spelling of an article's address leads to its number, and nothing else does."""

import string
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.errors import NotAnArticleAddress
from crawler.urls import (
    ENGLISH,
    WWW,
    article_address,
    find_article,
    is_list_or_front,
    is_section_code,
    resolve,
    site_host,
    unwrap,
)

BARE = "https://english.hani.co.kr/arti/english_edition/e_international/1095276.html"
SPELLINGS = [
    BARE,
    BARE.replace("https:", "http:"),
    BARE.replace("english.", "www."),
    BARE.replace("https:", "http:").replace("english.", "www."),
    f"  {BARE}\n",
    f"{BARE}/",
    f"{BARE}?utm_source=rss&utm_medium=feed",
    f"{BARE}?utm_source=rss#.XOqNVIgzY2w",
    f"{BARE}#.XOqNVIgzY2w",
    f"{BARE}?",
    f"{BARE}?fbclid=" + "x" * 10_000,
    BARE.replace("e_international", "e_national"),
    BARE.replace("e_international", "a_section_nobody_knows"),
    BARE.replace("english.hani", "ENGLISH.Hani"),
    BARE.replace("https", "HTTPS"),
    BARE.replace("hani.co.kr/", "hani.co.kr:443/"),
    BARE.replace("https", "http").replace("hani.co.kr/", "hani.co.kr:80/"),
    BARE.removeprefix("https://"),
    BARE.removeprefix("https:"),
    BARE.replace("english_edition", "english%5Fedition"),
    BARE.replace("english_edition", "%65nglish_edition"),
    BARE.replace("1095276", "%31095276"),
    BARE.replace(".html", "%2Ehtml"),
    f"https://web.archive.org/web/20230609123456/{BARE}",
    f"http://web.archive.org/web/20230609123456/{BARE}",
    f"https://web.archive.org/web/20230609123456id_/{BARE}",
    f"https://web.archive.org/web/20230609123456if_/{BARE}",
    f"web.archive.org/web/20230609123456/{BARE}",
    f"https://web.archive.org/web/20230609123456/{BARE.replace('https', 'http')}?utm_source=rss#top",
    f"https://web.archive.org/web/20230609123456/{BARE.removeprefix('https://')}",
    f"https://web.archive.org/web/20230609123456/{BARE.replace('://', ':/')}",
    f"https://web.archive.org/web/20230609123456/{quote(BARE, safe='')}",
    quote(BARE, safe=""),
]
NO_ARTICLES = [
    "",
    " ",
    "1095276",
    "https://",
    "http://[",
    "http://[::1",
    "https://english.hani.co.kr",
    "https://english.hani.co.kr/",
    "https://www.hani.co.kr/arti/english_edition/e_national",
    "https://www.hani.co.kr/arti/english_edition/e_national?page=2",
    "https://english.hani.co.kr/arti/english_edition/e_national/list1.html",
    "https://english.hani.co.kr/arti/english_edition/e_national/0.html",
    "https://english.hani.co.kr/arti/english_edition/e_national/-1.html",
    "https://english.hani.co.kr/arti/english_edition/e_national/1095276.pdf",
    "https://english.hani.co.kr/arti/english_edition/e_national/1095276.html/more",
    "https://english.hani.co.kr/arti/english_edition/e_national/" + "9" * 400 + ".html",
    "https://www.hani.co.kr/rss/english_edition/",
    "https://www.hani.co.kr/arti/PRINT/1095276.html",
    "https://www.hani.co.kr/arti/politics/diplomacy/1095207.html",
    "https://www.hani.co.kr/arti/politics/1095207.html",
    "https://www.hani.co.kr:8080/arti/english_edition/e_national/1095276.html",
    "https://www.hani.co.kr:99999/arti/english_edition/e_national/1095276.html",
    "https://www.hani.co.kr.example.org/arti/english_edition/e_national/1095276.html",
    "https://evilhani.co.kr/arti/english_edition/e_national/1095276.html",
    "https://japan.hani.co.kr/arti/english_edition/e_national/1095276.html",
    "https://example.org/arti/english_edition/e_national/1095276.html",
    f"https://example.org/?to={BARE}",
    f"https://example.org/{BARE}",
    "https://www.hani.co.kr@example.org/arti/english_edition/e_national/1095276.html",
    "https://someone:secret@www.hani.co.kr/arti/english_edition/e_national/1095276.html",
    "https://www.hani.co.kr/arti/english_edition/../politics/1095207.html",
    "https://www.hani.co.kr/arti/english_edition/../1095207.html",
    "ftp://www.hani.co.kr/arti/english_edition/e_national/1095276.html",
    "javascript:alert(1)",
    "file:///arti/english_edition/e_national/1095276.html",
    "https://web.archive.org/web/20230609123456/https://example.org/arti/english_edition/e_national/1095276.html",
]


@pytest.mark.parametrize("address", SPELLINGS)
def test_any_spelling_leads_to_the_number(address: str) -> None:
    assert article_address(address).article_id == 1095276


@pytest.mark.parametrize("address", NO_ARTICLES)
def test_everything_else_is_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(NotAnArticleAddress) as refused:
        article_address(address)
    assert str(refused.value) and "\n" not in str(refused.value)
    assert len(str(refused.value)) < 600
    assert find_article(address) is None


def test_a_korean_article_is_called_one() -> None:
    with pytest.raises(NotAnArticleAddress, match="Korean"):
        article_address("https://www.hani.co.kr/arti/politics/diplomacy/1095207.html")


def test_the_bare_address_is_https_and_has_no_tracking() -> None:
    found = article_address("http://english.hani.co.kr/arti/english_edition/e_national/7.html?utm_source=rss#x")
    assert found.url == "https://english.hani.co.kr/arti/english_edition/e_national/7.html"


def test_an_unknown_section_is_kept_as_it_is() -> None:
    assert article_address(BARE.replace("e_international", "e_Sports-2030")).section == "e_Sports-2030"


def _escaped(path: str, positions: set[int]) -> str:
    return "".join(f"%{ord(c):02X}" if i in positions and c != "/" else c for i, c in enumerate(path))


@st.composite
def spellings(draw: st.DrawFn) -> tuple[int, str]:
    number = draw(st.integers(1, 99_999_999))
    section = draw(st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=30))
    path = f"/arti/english_edition/{section}/{number}.html"
    path = _escaped(path, draw(st.sets(st.integers(1, len(path) - 1), max_size=6)))
    host = draw(st.sampled_from([WWW, ENGLISH, WWW.upper(), ENGLISH.title()]))
    scheme = draw(st.sampled_from(["http://", "https://", "//", "", "HTTPS://"]))
    words = st.text(string.ascii_letters + string.digits + "=&.-_%", max_size=20)
    query, fragment = draw(st.none() | words), draw(st.none() | words)
    address = f"{scheme}{host}{path}{draw(st.sampled_from(['', '/']))}"
    address += (f"?{query}" if query is not None else "") + (f"#{fragment}" if fragment is not None else "")
    if draw(st.booleans()):
        modifier = draw(st.sampled_from(["", "id_", "if_", "im_", "js_"]))
        stamp = draw(st.text(string.digits, min_size=14, max_size=14))
        address = (
            f"{draw(st.sampled_from(['http', 'https']))}://web.archive.org/web/{stamp}{modifier}/{address.lstrip('/')}"
        )
    return number, draw(st.sampled_from(["", " ", "\t"])) + address + draw(st.sampled_from(["", "\n", "  "]))


@settings(deadline=None, max_examples=300)
@given(spellings())
def test_every_combination_of_spellings_leads_to_the_number(spelled: tuple[int, str]) -> None:
    number, address = spelled
    found = article_address(address)
    assert found.article_id == number
    assert article_address(found.url) == found  # the bare address names the same article, host and section


ANYTHING = st.text(st.characters(), max_size=60)  # lone surrogates too: an argument of a command may hold them


@settings(deadline=None, max_examples=300)
@given(
    ANYTHING
    | st.builds(
        "{}{}".format,
        st.sampled_from(["http://", "https://www.hani.co.kr", "//[", "http%3A", "web.archive.org/web/1234"]),
        ANYTHING,
    )
    | st.builds(
        "https://www.hani.co.kr/arti/english_edition/{}/{}.html{}".format,
        ANYTHING,
        st.integers(-3, 10**14) | ANYTHING,
        ANYTHING,
    )
)
@example("https://www.hani.co.kr/arti/english_edition/\udcff/1095276.html")
@example("https://www.hani.co.kr/arti/english_edition/%ff/1095276.html")
@example("https://www.hani.co.kr/arti/english_edition/e%3Fx%23/1095276.html")
def test_nothing_but_its_own_error_is_ever_raised(address: str) -> None:
    try:
        found = article_address(address)
    except NotAnArticleAddress:
        return
    assert found.article_id > 0
    assert article_address(found.url).article_id == found.article_id


@settings(deadline=None, max_examples=200)
@given(ANYTHING, ANYTHING)
def test_resolving_and_looking_at_hosts_never_fails(base: str, reference: str) -> None:
    assert isinstance(resolve(base, reference), str)
    assert isinstance(unwrap(reference), str)
    assert site_host(reference) in (None, WWW, ENGLISH)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.hani.co.kr", True),
        ("https://www.hani.co.kr/", True),
        ("https://www.hani.co.kr/arti", True),
        ("https://english.hani.co.kr/arti/english_edition/", True),
        ("https://www.hani.co.kr/arti/english_edition/e_national", True),
        ("https://english.hani.co.kr/arti/english_edition/e_national/list1.html", True),
        ("https://www.hani.co.kr/index.html", True),
        (BARE, False),
        ("https://www.hani.co.kr/arti/politics/diplomacy/1095207.html", False),
    ],
)
def test_the_front_page_and_lists_are_told_from_articles(url: str, expected: bool) -> None:
    assert is_list_or_front(url) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e_national", True),
        ("english_editorials", True),
        ("", False),
        ("a/b", False),
        ("..", False),
        ("e national", False),
        ("국내", False),
    ],
)
def test_only_a_code_may_stand_in_an_address_that_we_make(text: str, expected: bool) -> None:
    assert is_section_code(text) is expected
