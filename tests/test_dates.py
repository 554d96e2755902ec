"""All forms of printed times, KST to UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.times import KST, moment, seconds_between, stamp
from crawler.dates import all_times, labelled_times, machine_time, printed_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nov.12,2018 17:50 KST", "2018-11-12T08:50:00Z"),
        ("Nov.1,2018 07:05 KST", "2018-10-31T22:05:00Z"),
        ("May.4,2019 8:59 KST", "2019-05-03T23:59:00Z"),
        ("May 4, 2019 08:59 KST", "2019-05-03T23:59:00Z"),
        ("Sept. 30, 2019 00:00", "2019-09-29T15:00:00Z"),
        ("December 31, 2019 23:59 KST", "2019-12-31T14:59:00Z"),
        ("2023-06-09 17:50 KST", "2023-06-09T08:50:00Z"),
        ("2026-01-06 15:45", "2026-01-06T06:45:00Z"),
        ("2026-01-01 00:00", "2025-12-31T15:00:00Z"),
        ("2024-02-29 12:00", "2024-02-29T03:00:00Z"),
        ("2023-02-29 12:00", None),
        ("2023-13-01 12:00", None),
        ("2023-06-09 24:01", None),
        ("2023-06-09 17:61", None),
        ("Foo.12,2018 17:50 KST", None),
        ("Nov.31,2018 17:50 KST", None),
        ("2023-06-09", None),
        ("17:50", None),
        ("", None),
    ],
)
def test_printed_time(text: str, expected: str | None) -> None:
    assert printed_time(text) == expected


@pytest.mark.parametrize(
    ("text", "posted", "modified"),
    [
        (
            "Posted on : Nov.12,2018 17:50 KST Modified on : Nov.12,2018 18:02 KST",
            "2018-11-12T08:50:00Z",
            "2018-11-12T09:02:00Z",
        ),
        ("Posted on : Nov.2,2018 17:50 KST", "2018-11-02T08:50:00Z", None),
        ("Posted on : Nov.2,2018 17:50 KST Modified on :", "2018-11-02T08:50:00Z", None),
        (
            "Posted on : 2023-06-09 17:50 KST Modified on : 2023-06-09 17:50 KST",
            "2023-06-09T08:50:00Z",
            "2023-06-09T08:50:00Z",
        ),
        ("Posted on : 2023-06-09 17:50 KST Modified on : 2023-06-31 17:50 KST", "2023-06-09T08:50:00Z", None),
        (
            "Modified on : 2023-06-10 09:00 KST Posted on : 2023-06-09 17:50 KST",
            "2023-06-09T08:50:00Z",
            "2023-06-10T00:00:00Z",
        ),
        ("등록 2026-01-06 15:45 수정 2026-01-06 16:00", "2026-01-06T06:45:00Z", "2026-01-06T07:00:00Z"),
        ("등록 : 2026-01-06 15:45", "2026-01-06T06:45:00Z", None),
        ("Posted on 2026-01-06 15:45 Modified on 2026-01-07 01:00", "2026-01-06T06:45:00Z", "2026-01-06T16:00:00Z"),
        ("posted on: 2026-01-06 15:45", "2026-01-06T06:45:00Z", None),
        ("The story was posted on Tuesday, 2026-01-06 15:45", None, None),
        ("2026-01-06 15:45", None, None),
        ("", None, None),
    ],
)
def test_labelled_times(text: str, posted: str | None, modified: str | None) -> None:
    assert labelled_times(text) == (posted, modified)


def test_all_times_come_in_the_order_of_the_page() -> None:
    text = "2026-01-06 15:45 then Nov.12,2018 17:50 KST then 2026-02-30 10:00 then 2020-05-05 09:00"
    assert all_times(text) == ["2026-01-06T06:45:00Z", "2018-11-12T08:50:00Z", "2020-05-05T00:00:00Z"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-06T15:45:00+09:00", "2026-01-06T06:45:00Z"),
        ("2026-01-06T06:45:00Z", "2026-01-06T06:45:00Z"),
        ("2026-01-06T06:45:00.123Z", "2026-01-06T06:45:00Z"),
        ("2026-01-06T15:45:00", "2026-01-06T06:45:00Z"),
        (" 2026-01-06T15:45:00 ", "2026-01-06T06:45:00Z"),
        ("0001-01-01T00:00:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_machine_time(text: str | None, expected: str | None) -> None:
    assert machine_time(text) == expected


NAMED = r"\A(Posted on : )?(Jan|Feb|December)\.?\d{1,2},\d{4} \d{1,2}:\d\d\Z"
NUMERIC = r"\A(Posted on : )?\d{4}-[01]\d-[0-2]\d [01]\d:[0-5]\d\Z"
MOMENTS = st.datetimes(datetime(1988, 1, 1), datetime(2100, 1, 1)).map(
    lambda d: d.replace(second=0, microsecond=0, tzinfo=KST)
)


@settings(deadline=None, max_examples=200)
@given(MOMENTS)
def test_every_form_gives_back_the_moment_it_was_printed_from(local: datetime) -> None:
    expected = local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    forms = (
        f"{local:%b}.{local.day},{local.year} {local:%H:%M} KST",
        f"{local:%Y-%m-%d %H:%M} KST",
        f"{local:%Y-%m-%d %H:%M}",
    )
    for form in forms:
        assert printed_time(form) == expected
        assert labelled_times(f"Posted on : {form} Modified on : {form}") == (expected, expected)
    assert machine_time(local.isoformat()) == expected


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60) | st.from_regex(NAMED) | st.from_regex(NUMERIC))
def test_whatever_is_printed_a_time_is_one_the_archive_can_read_or_none(text: str) -> None:
    for found in (printed_time(text), machine_time(text), *labelled_times(text), *all_times(text)):
        assert found is None or stamp(moment(found)) == found


@settings(deadline=None, max_examples=200)
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_stamp_can_be_read_again(at: datetime) -> None:
    assert moment(stamp(at)) == at.replace(microsecond=0)


@settings(deadline=None, max_examples=100)
@given(MOMENTS, st.integers(-(10**6), 10**6))
def test_stamps_sort_as_the_moments_do(at: datetime, seconds: int) -> None:
    later = at + timedelta(seconds=seconds)
    assert (stamp(at) < stamp(later)) == (at < later)
    assert seconds_between(stamp(at), stamp(later)) == seconds
