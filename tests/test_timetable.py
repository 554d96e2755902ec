"""When jobs run: fixed by hand for the awkward nights, and by laws for all others."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.timetable import Cron, Every, Job, delay_at_most, next_after, next_due, parse_cron, parse_every, shifted

SEOUL, BERLIN, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ZONES = [SEOUL, BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("UTC")]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def upcoming(expression: str, begin: str, zone: ZoneInfo, count: int) -> list[str]:
    """The next times as the zone's clock shows them."""
    when, moment, found = parse_cron(expression), at(begin), []
    for _ in range(count):
        moment = next_after(when, moment, zone)
        found.append(f"{moment.astimezone(zone):%Y-%m-%d %H:%M %z}")
    return found


@pytest.mark.parametrize(
    ("field", "weekdays"),
    [
        ("0", {0}),
        ("7", {0}),
        ("sun", {0}),
        ("SUN", {0}),
        ("1", {1}),
        ("1-5", {1, 2, 3, 4, 5}),
        ("mon-fri", {1, 2, 3, 4, 5}),
        ("0,6", {0, 6}),
        ("sat,sun", {0, 6}),
        ("sun-tue", {0, 1, 2}),
        ("fri-sun", {5, 6, 0}),
        ("5-7", {5, 6, 0}),
        ("0-7", {0, 1, 2, 3, 4, 5, 6}),
        ("*/2", {0, 2, 4, 6}),
        ("1-5/2", {1, 3, 5}),
        ("mon/3", {1, 4, 0}),
        ("*", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_weekdays_mean_what_cron_means_by_them(field: str, weekdays: set[int]) -> None:
    assert set(parse_cron(f"0 5 * * {field}").weekdays) == weekdays


def test_sunday_is_sunday() -> None:
    # APScheduler would take 0 for Monday. 2026-11-29 is a Sunday.
    for sunday in ("0", "7", "sun"):
        assert upcoming(f"0 5 * * {sunday}", "2026-11-24T00:00Z", SEOUL, 1) == ["2026-11-29 05:00 +0900"]


@pytest.mark.parametrize(
    ("expression", "begin", "expected"),
    [
        ("30 3 * * *", "2026-11-24T00:00Z", ["2026-11-25 03:30", "2026-11-26 03:30"]),
        ("*/20 4 * * *", "2026-11-24T00:00Z", ["2026-11-25 04:00", "2026-11-25 04:20", "2026-11-25 04:40"]),
        ("10-40/15 1,13 * * *", "2026-11-24T00:00Z", ["2026-11-24 13:10", "2026-11-24 13:25", "2026-11-24 13:40"]),
        ("0 0 31 * *", "2026-11-24T00:00Z", ["2026-12-31 00:00", "2027-01-31 00:00", "2027-03-31 00:00"]),
        ("0 0 29 2 *", "2026-11-24T00:00Z", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 29 feb *", "2096-03-01T00:00Z", ["2104-02-29 00:00"]),
        # either of both: the 1st and the 15th, and every Friday
        ("0 0 1,15 * fri", "2026-11-24T00:00Z", ["2026-11-27 00:00", "2026-12-01 00:00", "2026-12-04 00:00"]),
        # a star restricts nothing, even with a step: odd days that are Fridays (cron's own rule)
        ("0 0 */2 * fri", "2026-11-24T00:00Z", ["2026-11-27 00:00", "2026-12-11 00:00", "2026-12-25 00:00"]),
        ("0 0 * dec-jan/1 *", "2026-11-24T00:00Z", None),
    ],
)
def test_the_next_times(expression: str, begin: str, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="runs backwards"):
            parse_cron(expression)
    else:
        assert upcoming(expression, begin, SEOUL, len(expected)) == [f"{time} +0900" for time in expected]


@pytest.mark.parametrize(
    ("zone", "expression", "begin", "expected"),
    [
        # Berlin skips 02:00 to 03:00 on 2027-03-28: made up for right after, once.
        (BERLIN, "30 2 * * *", "2027-03-27T00:00Z", ["03-27 02:30 +0100", "03-28 03:30 +0200", "03-29 02:30 +0200"]),
        # Berlin repeats 02:00 to 03:00 on 2026-10-25: the first counts.
        (BERLIN, "30 2 * * *", "2026-10-24T00:00Z", ["10-24 02:30 +0200", "10-25 02:30 +0200", "10-26 02:30 +0100"]),
        (NEW_YORK, "30 1 * * *", "2026-11-01T00:00Z", ["11-01 01:30 -0400", "11-02 01:30 -0500"]),
        (NEW_YORK, "30 2 * * *", "2027-03-14T00:00Z", ["03-14 03:30 -0400", "03-15 02:30 -0400"]),
        # What runs every hour has no hour to lose: it follows the clock through both.
        (BERLIN, "0 * * * *", "2026-10-24T23:30Z", ["10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"]),
        (BERLIN, "0 * * * *", "2027-03-28T00:30Z", ["03-28 03:00 +0200", "03-28 04:00 +0200"]),
        # Two jobs' hours that meet after the change are one run.
        (BERLIN, "30 2,3 * * *", "2027-03-27T12:00Z", ["03-28 03:30 +0200", "03-29 02:30 +0200"]),
    ],
)
def test_the_nights_of_a_change(zone: ZoneInfo, expression: str, begin: str, expected: list[str]) -> None:
    assert [time[5:] for time in upcoming(expression, begin, zone, len(expected))] == expected


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
DAILY = st.builds(lambda minute, hour: parse_cron(f"{minute} {hour} * * *"), st.integers(0, 59), st.integers(0, 23))


@given(DAILY, MOMENTS, st.sampled_from(ZONES))
def test_a_daily_job_runs_once_on_each_local_day(when: Cron, begin: datetime, zone: ZoneInfo) -> None:
    moment, days = begin, []
    for _ in range(10):
        moment = next_after(when, moment, zone)
        days.append(moment.astimezone(zone).date())
    assert days == [days[0] + timedelta(days=n) for n in range(10)]
    assert days[0] in {begin.astimezone(zone).date(), begin.astimezone(zone).date() + timedelta(days=1)}


@given(DAILY, MOMENTS, st.sampled_from(ZONES), st.integers(1, 100))
def test_what_was_missed_runs_once(when: Cron, ran: datetime, zone: ZoneInfo, days: int) -> None:
    back = ran + timedelta(days=days, hours=3)
    assert next_due(when, ran, None, back, zone) <= back
    assert next_due(when, back, None, back, zone) > back


@given(DAILY, MOMENTS, st.sampled_from(ZONES), st.integers(1, 24 * 60))
def test_a_clock_that_is_set_back_runs_no_night_twice(when: Cron, begin: datetime, zone: ZoneInfo, back: int) -> None:
    night = next_after(when, begin, zone)
    again = next_due(when, night, None, night - timedelta(minutes=back), zone)
    assert again == next_after(when, night, zone) > night


def test_a_clock_that_was_years_ahead_stops_nothing() -> None:
    due = next_due(parse_cron("30 3 * * *"), at("2030-01-01T00:00Z"), None, at("2026-11-24T00:00Z"), SEOUL)
    assert due == at("2026-11-24T18:30Z")
    assert next_due(parse_every("1 hour"), at("2030-01-01T00:00Z"), None, at("2026-11-24T00:00Z"), SEOUL) == at(
        "2026-11-24T00:00Z"
    )


@pytest.mark.parametrize(
    ("last", "since", "now", "due"),
    [
        (None, None, "2026-11-24T00:00Z", "2026-11-24T18:30Z"),  # never ran, nothing was promised
        (None, "2026-11-20T00:00Z", "2026-11-24T00:00Z", "2026-11-20T18:30Z"),  # never ran, though wanted for days
        (None, "2026-12-20T00:00Z", "2026-11-24T00:00Z", "2026-11-24T18:30Z"),  # a file from the future
        (
            "2026-11-23T18:34:00Z",
            "2026-11-20T00:00Z",
            "2026-11-24T00:00Z",
            "2026-11-24T18:30Z",
        ),  # ran, put off a little
        ("2026-11-23T18:30:00Z", None, "2026-11-23T18:30:00Z", "2026-11-24T18:30Z"),  # at this very second
        ("2026-11-22T18:30:00Z", None, "2026-11-24T00:00Z", "2026-11-23T18:30Z"),  # missed once
    ],
)
def test_when_a_night_is_due(last: str | None, since: str | None, now: str, due: str) -> None:
    when = parse_cron("30 3 * * *")
    assert next_due(when, at(last) if last else None, at(since) if since else None, at(now), SEOUL) == at(due)


@given(MOMENTS, st.integers(-5000, 5000), st.integers(1, 5000))
def test_an_interval_runs_once_after_any_jump(ran: datetime, jump: int, minutes: int) -> None:
    when, now = Every("", minutes * 60), ran + timedelta(minutes=jump)
    due = next_due(when, ran, None, now, SEOUL)
    assert due <= now + timedelta(minutes=minutes)
    assert (due <= now) == (jump >= minutes or jump < -24 * 60)
    assert next_due(when, now, None, now, SEOUL) == now + timedelta(minutes=minutes)


def test_an_interval_that_has_never_run_is_due() -> None:
    now = at("2026-11-24T00:00Z")
    assert next_due(parse_every("7 days"), None, None, now, SEOUL) == now


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20 minutes", 1200), ("1 hour", 3600), ("2days", 172800), ("90 Seconds", 90), ("1 week", 604800)],
)
def test_intervals(text: str, seconds: int) -> None:
    assert parse_every(text).seconds == seconds


@pytest.mark.parametrize("text", ["", "20", "minutes", "0 minutes", "-1 hours", "1.5 hours", "1 month", "99999 days"])
def test_what_is_no_interval(text: str) -> None:
    with pytest.raises(ValueError, match=r"interval|between"):
        parse_every(text)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "five fields"),
        ("30 3 * *", "five fields"),
        ("0 30 3 * * *", "five fields"),
        ("@daily", "five fields"),
        ("60 3 * * *", "minute must be 0 to 59"),
        ("0 24 * * *", "hour must be 0 to 23"),
        ("0 0 0 * *", "day of the month must be 1 to 31"),
        ("0 0 * 13 *", "month must be 1 to 12 or jan"),
        ("0 0 * * 8", "weekday must be 0 to 7 or sun"),
        ("0 0 * * sunday", "sunday"),
        ("0 0 * * mo", "'mo'"),
        ("0 mon * * *", "'mon'"),
        ("5-1 0 * * *", "backwards"),
        ("*/0 0 * * *", "step of 0"),
        ("1,,2 0 * * *", "cannot be read"),
        ("*-3 0 * * *", "cannot be read"),
        ("1--3 0 * * *", "cannot be read"),
        ("¹ 0 * * *", "cannot be read"),
        ("0 0 31 2 *", "never comes"),
        ("0 0 31 feb,apr,jun *", "never comes"),
        ("0 0 30-31 2 */2", "never comes"),
    ],
)
def test_a_bad_expression_is_refused_in_one_sentence(expression: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_cron(expression)
    assert says in str(refused.value) and "\n" not in str(refused.value)


FIELDS = st.text("0123456789*/-, abcdefnosutw", max_size=14)


@given(FIELDS, MOMENTS, st.sampled_from(ZONES))
def test_what_is_read_comes(text: str, moment: datetime, zone: ZoneInfo) -> None:
    try:
        when = parse_cron(text)
    except ValueError:
        return
    assert next_after(when, moment, zone) > moment


EXPRESSIONS = st.builds(
    lambda *fields: parse_cron(" ".join(fields)),
    st.sampled_from(["0", "30", "*/20", "7,45"]),
    st.sampled_from(["0", "3", "*", "22-23", "*/6", "0,12"]),
    st.sampled_from(["*", "1", "31", "1,15", "*/2"]),
    st.sampled_from(["*", "3", "jan,dec"]),
    st.sampled_from(["*", "sun", "1-5", "sat", "*/2"]),
)


@given(EXPRESSIONS, MOMENTS, st.sampled_from([0, -540, -270, 330, 840, -1380]))
def test_an_expression_in_another_zone_means_the_same_moments(when: Cron, begin: datetime, minutes: int) -> None:
    there = begin.replace(second=0, microsecond=0)
    try:
        there = next_after(when, there, UTC)
    except ValueError:
        return
    for moment in (there, begin.replace(second=0, microsecond=0)):
        here = moment + timedelta(minutes=minutes)
        asked = [
            moved
            for moved in shifted(when, minutes)
            if holds(parse_cron(moved.text), here)
            and (moved.dates is None or moment.day in moved.dates)
            and (moved.months is None or moment.month in moved.months)
        ]
        assert bool(asked) == holds(when, moment)


def holds(when: Cron, moment: datetime) -> bool:
    return moment.minute in when.minutes and moment.hour in when.hours and when.on(moment.date())


def test_an_expression_in_another_zone_as_written_by_hand() -> None:
    assert [moved.text for moved in shifted(parse_cron("30 3 * * *"), -540)] == ["30 18 * * *"]
    assert [moved.text for moved in shifted(parse_cron("30 15 * * sun"), -540)] == ["30 6 * * sun"]
    assert [moved.text for moved in shifted(parse_cron("0 5 * * mon-fri"), -540)] == ["0 20 * * 0,1,2,3,4"]
    assert [moved.text for moved in shifted(parse_cron("0 */12 * * sun"), -540)] == ["0 15 * * 6", "0 3 * * sun"]
    first = shifted(parse_cron("0 5 1 * *"), -540)  # of the month: still the month before in UTC
    assert [(moved.text, moved.dates, moved.months) for moved in first] == [("0 20 * * *", (1,), None)]


def test_a_run_is_put_off_by_less_than_half_of_the_time_to_the_next() -> None:
    often = Job("often", "nightly", parse_cron("*/10 * * * *"), jitter=30)
    night = Job("nightly", "nightly", parse_cron("30 3 * * *"), jitter=30)
    moment = at("2026-11-24T18:30Z")
    assert delay_at_most(often, moment, SEOUL) == timedelta(minutes=5)
    assert delay_at_most(night, moment, SEOUL) == timedelta(minutes=30)
    assert delay_at_most(Job("x", "nightly", parse_every("1 hour"), jitter=30), moment, SEOUL) == timedelta()


def test_a_day_that_a_zone_left_out_is_made_up_for_by_the_next() -> None:
    found = upcoming("0 12 * * *", "2011-12-29T00:00Z", ZoneInfo("Pacific/Apia"), 3)  # there was no 2011-12-30
    assert [time[:16] for time in found] == ["2011-12-29 12:00", "2011-12-31 12:00", "2012-01-01 12:00"]
