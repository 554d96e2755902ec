"""Names apart from their role, and bylines apart from prose that begins with "By"."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crawler.bylines import authors, is_byline, is_name

BYLINES = [
    ("By Shin Hyeong-cheol, staff reporter", ["Shin Hyeong-cheol"]),
    ("By Kim Ji-eun, staff reporter", ["Kim Ji-eun"]),
    ("By Kim A-ra and Lee B, staff reporters", ["Kim A-ra", "Lee B"]),
    ("By Kim A-ra and Lee B-ho, staff reporters", ["Kim A-ra", "Lee B-ho"]),
    ("By Kim A-ra, Lee B-ho and Park C-su, staff reporters", ["Kim A-ra", "Lee B-ho", "Park C-su"]),
    ("By Kim A-ra, Lee B-ho, and Park C-su, staff reporters", ["Kim A-ra", "Lee B-ho", "Park C-su"]),
    ("By Kim A-ra, Beijing correspondent", ["Kim A-ra"]),
    ("By Kim A-ra, staff reporter, and Lee B-ho, Washington correspondent", ["Kim A-ra", "Lee B-ho"]),
    ("By Kim A-ra, Tokyo correspondent and Lee B-ho, Berlin correspondent", ["Kim A-ra", "Lee B-ho"]),
    ("By Jeong E-gil, senior staff writer", ["Jeong E-gil"]),
    ("By Park Min-hee, editorial writer", ["Park Min-hee"]),
    ("By Kwon Hyuk-chul, staff reporter in Seoul", ["Kwon Hyuk-chul"]),
    ("By Kim Dong-hoon, sports editor", ["Kim Dong-hoon"]),
    ("By John Feffer, director of Foreign Policy in Focus", ["John Feffer"]),
    ("By Moon Chung-in, James Laney Distinguished Professor at Yonsei University", ["Moon Chung-in"]),
    ("By Cho Hong-sik, professor of political science at Soongsil University", ["Cho Hong-sik"]),
    ("By Kim Min-su", ["Kim Min-su"]),
    ("By Kim Min-su and Lee Bo-ra", ["Kim Min-su", "Lee Bo-ra"]),
    ("By Namgung Min, staff reporter", ["Namgung Min"]),
    ("By Bruce Cumings, professor at the University of Chicago", ["Bruce Cumings"]),
    ("By Kim Ki-seok, former minister of unification", ["Kim Ki-seok"]),
]
PROSE = [
    "By Friday, the ministry had collected 412 complaints.",
    "By Friday, the ministry had …",
    "By Friday, reporters were no longer let in.",
    "By noon on Monday, staff had gone home.",
    "By then, the director had resigned.",
    "By May, the reporter had given up.",
    "By contrast, the Bank of Korea has kept its rate.",
    "By Kim’s account, the meeting lasted ten minutes.",
    "By the time the reporter came, the office was empty.",
    "By 2030, the special committee wants to close the plant.",
    "By law, the chairperson of the committee must be a judge.",
    "By all accounts, staff reporters were not told.",
    "By Seoul’s reckoning, the deal is dead.",
    "By Chuseok, staff at the plant had been sent home.",
    "By Christmas, former President Moon had returned to the village.",
    "By Lunar New Year, special prosecutors want to have heard all witnesses.",
    "By Kim Jong-un the letter was read twice.",
    "Bystanders said that the reporter had left.",
    "by Kim A-ra, staff reporter",
    "The report is by Kim A-ra, staff reporter",
    "By",
    "By ",
    "",
]
FAMILY = st.sampled_from(
    ["Kim", "Lee", "Park", "Choi", "Jung", "Namgung", "Yoon", "Kang", "Cho", "Noh", "Shin", "Kwon", "Heo"]
)
GIVEN = st.sampled_from(
    ["Min-su", "Ji-eun", "A-ra", "Hyeong-cheol", "Bo-ra", "E-gil", "Tae-gyun", "So-yul", "Dan-bi", "Jae-hoon", "Yu-na"]
)
NAMES = st.lists(st.builds("{} {}".format, FAMILY, GIVEN), min_size=1, max_size=4, unique=True)
ROLES = st.sampled_from(
    ["staff reporter", "staff reporters", "Beijing correspondent", "senior staff writer", "editorial writer"]
)


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


@pytest.mark.parametrize(("byline", "names"), BYLINES)
def test_names_apart_from_their_role(byline: str, names: list[str]) -> None:
    assert is_byline(byline)
    assert list(authors(byline)) == names


@pytest.mark.parametrize("prose", PROSE)
def test_prose_is_no_byline(prose: str) -> None:
    assert not is_byline(prose)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ki Dan-bi, Seo Yul", ["Ki Dan-bi", "Seo Yul"]),
        ("Ki Dan-bi", ["Ki Dan-bi"]),
        ("", []),
        ("Ki Dan-bi, Ki Dan-bi", ["Ki Dan-bi"]),
    ],
)
def test_a_list_of_reporters(text: str, names: list[str]) -> None:
    assert list(authors(text)) == names


@settings(deadline=None, max_examples=200)
@given(NAMES, ROLES)
def test_all_names_before_one_role(names: list[str], role: str) -> None:
    byline = f"By {listed(names)}, {role}"
    assert is_byline(byline)
    assert list(authors(byline)) == names


@settings(deadline=None, max_examples=200)
@given(NAMES, st.lists(ROLES, min_size=4, max_size=4))
def test_each_name_with_a_role_of_its_own(names: list[str], roles: list[str]) -> None:
    byline = "By " + ", and ".join(f"{name}, {role}" for name, role in zip(names, roles, strict=False))
    assert is_byline(byline)
    assert list(authors(byline)) == names


DAYS = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "January",
    "February",
    "March",
    "April",
    "June",
    "July",
    "August",
]


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(DAYS),
    st.sampled_from(["the ministry had", "reporters had", "the chairman and the director had", "Kim Min-su had"]),
)
def test_a_day_is_nobodys_name(day: str, rest: str) -> None:
    assert not is_name(day)
    assert not is_byline(f"By {day}, {rest} left.")


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80) | st.text("ByKim -,.and&()[]@staff reporter’", max_size=60).map("By {}".format))
def test_nothing_makes_the_reading_of_a_byline_fail(text: str) -> None:
    is_byline(text)
    is_name(text)
    found = authors(text)
    assert len(set(found)) == len(found)
    assume(text)
    assert all(name and name.split()[0] in text for name in found)
