"""Asking one address: pace, robots.txt, retries, redirects, and the one outcome that each fetch ends in."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from archive.records import Capture, FetchOutcome
from crawler.fetching import MOST_ATTEMPTS, Answer, Budget, Exhausted, Fetcher
from crawler.politeness import Pace
from crawler.urls import ArticleAddress, article_address

WWW, ENGLISH = "https://www.hani.co.kr", "https://english.hani.co.kr"
NATIONAL = f"{WWW}/arti/english_edition/e_national"
URL = f"{NATIONAL}/7.html"
START = datetime(2026, 1, 6, 6, 45, tzinfo=UTC)
OK = Answer(200, {"etag": '"a"', "last-modified": "Tue, 06 Jan 2026 06:00:00 GMT"}, b"<html>page</html>")
ALLOWED = Answer(404)


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status, {"location": to})


@dataclass
class World:
    """A site in answers, and the time that passes in it; an address's last answer repeats."""

    answers: dict[str, list[Answer]]
    delay: float = 2.0
    requests: int = 100
    seconds: float = 100_000.0
    origin: str | None = None
    took: float = 0.0
    now: float = 0.0
    asked: list[tuple[float, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers = {f"{WWW}/robots.txt": [ALLOWED], f"{ENGLISH}/robots.txt": [ALLOWED], **self.answers}
        self.fetcher = Fetcher(
            self._download,
            Pace(self.delay, lambda: self.now),
            Budget(self.requests, self.seconds),
            self._sleep,
            lambda: START + timedelta(seconds=self.now),
            "hani/0.1 (test)",
            self.origin,
        )

    async def _download(self, url: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append((self.now, url))
        self.headers.append(dict(headers))
        self.now += self.took
        self.answered.append(self.now)
        listed = self.answers[url]
        return listed.pop(0) if len(listed) > 1 else listed[0]

    async def _sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def article(
        self, address: str = URL, conditions: Mapping[str, str] | None = None, confirms: str | None = None
    ) -> tuple[Capture, ArticleAddress | None]:
        return asyncio.run(self.fetcher.article(article_address(address), conditions or {}, confirms))

    @property
    def urls(self) -> list[str]:
        """What was asked, robots.txt left out."""
        return [url for _, url in self.asked if not url.endswith("/robots.txt")]

    @property
    def gaps(self) -> list[float]:
        """Seconds between an answer and the next request."""
        return [asked - answered for answered, (asked, _) in zip(self.answered, self.asked[1:], strict=False)]


@pytest.mark.parametrize(
    ("answer", "outcome", "keeps_body"),
    [
        (OK, FetchOutcome.OK, True),
        (Answer(404, {}, b"gone"), FetchOutcome.GONE, True),
        (Answer(410, {}, b"gone"), FetchOutcome.GONE, True),
        (Answer(401, {}, b"no"), FetchOutcome.BLOCKED, True),
        (Answer(403, {}, b"no"), FetchOutcome.BLOCKED, True),
        (Answer(429, {}, b"slow"), FetchOutcome.BLOCKED, True),
        (Answer(451), FetchOutcome.BLOCKED, False),
        (Answer(500, {}, b"oops"), FetchOutcome.FAILED, False),
        (Answer(502), FetchOutcome.FAILED, False),
        (Answer(503), FetchOutcome.FAILED, False),
        (Answer(400), FetchOutcome.FAILED, False),
        (Answer(302), FetchOutcome.FAILED, False),  # without a Location
        (Answer(304), FetchOutcome.FAILED, False),  # nobody asked conditionally
        (Answer(None, error="the connection was refused"), FetchOutcome.FAILED, False),
    ],
)
def test_each_answer_has_one_outcome(answer: Answer, outcome: FetchOutcome, keeps_body: bool) -> None:
    capture, other = World({URL: [answer]}).article()
    assert capture.outcome is outcome
    assert other is None
    assert capture.http_status == answer.status
    assert (capture.body == answer.body and bool(capture.body)) if keeps_body else capture.body is None
    assert (capture.error is None) is (outcome is FetchOutcome.OK)
    assert (capture.article_id, capture.requested_url, capture.payload_digest) == (7, URL, None)


def test_a_capture_tells_all_that_is_known_of_the_fetch() -> None:
    capture, _ = World({URL: [OK]}, took=0.25).article()
    assert (capture.url, capture.section, capture.redirects, capture.source, capture.origin) == (
        URL,
        "e_national",
        (),
        "crawl",
        None,
    )
    assert (capture.etag, capture.last_modified) == ('"a"', "Tue, 06 Jan 2026 06:00:00 GMT")
    assert (capture.elapsed_ms, capture.attempts) == (250, 1)
    assert capture.headers == OK.headers
    assert capture.fetched_at.startswith("2026-01-06T06:45:")


# --- conditions ---


def test_a_304_names_the_payload_that_it_confirms() -> None:
    world = World({URL: [Answer(304, {"etag": '"a"'})]})
    capture, _ = world.article(conditions={"If-None-Match": '"a"'}, confirms="d1")
    assert (capture.outcome, capture.payload_digest, capture.body) == (FetchOutcome.NOT_MODIFIED, "d1", None)
    assert world.headers == [{}, {"If-None-Match": '"a"'}]  # robots.txt is asked without conditions


def test_a_304_to_a_question_without_conditions_confirms_nothing() -> None:
    capture, _ = World({URL: [Answer(304)]}).article(confirms="d1")
    assert (capture.outcome, capture.payload_digest) == (FetchOutcome.FAILED, None)


def test_a_200_to_a_conditional_question_confirms_nothing() -> None:
    capture, _ = World({URL: [OK]}).article(conditions={"If-None-Match": '"a"'}, confirms="d1")
    assert (capture.outcome, capture.payload_digest) == (FetchOutcome.OK, None)


def test_conditions_are_not_sent_on_to_where_a_redirect_leads() -> None:
    moved = f"{WWW}/arti/english_edition/e_business/7.html"
    world = World({URL: [redirect(moved)], moved: [OK]})
    world.article(conditions={"If-None-Match": '"a"'}, confirms="d1")
    assert world.headers[-1] == {}


# --- pace ---


@pytest.mark.parametrize("took", [0.0, 1.5, 10.0])
def test_the_delay_lies_between_all_requests(took: float) -> None:
    other = f"{ENGLISH}/arti/english_edition/e_national/8.html"
    world = World({URL: [OK], other: [OK]}, took=took)
    world.article()
    world.article(other)
    world.article()
    assert [url for _, url in world.asked] == [f"{WWW}/robots.txt", URL, f"{ENGLISH}/robots.txt", other, URL]
    assert world.gaps == pytest.approx([2.0] * 4)


def test_no_delay_means_none() -> None:
    world = World({URL: [OK]}, delay=0.0)
    world.article()
    world.article()
    assert world.now == 0.0


def test_a_crawl_delay_is_heeded_from_the_next_request_on_and_by_both_hosts() -> None:
    other = f"{ENGLISH}/arti/english_edition/e_national/8.html"
    rules = Answer(200, {}, b"User-agent: *\nCrawl-delay: 10")
    world = World({f"{WWW}/robots.txt": [rules], URL: [OK], other: [OK]})
    world.article()
    world.article(other)
    assert all(gap >= 10 for gap in world.gaps)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "least"),
    [("30", 30.0), (format_datetime(START + timedelta(seconds=62), usegmt=True), 60.0), (None, 4.0), ("soon", 4.0)],
)
def test_a_rest_is_kept_before_asking_again(status: int, header: str | None, least: float) -> None:
    told = Answer(status, {"retry-after": header} if header else {})
    world = World({URL: [told, OK]})
    capture, _ = world.article()
    assert (capture.outcome, capture.attempts) == (FetchOutcome.OK, 2)
    assert world.gaps[1] >= least - 1e-6
    assert world.gaps[1] <= least + 4


@pytest.mark.parametrize("header", ["0", "1"])
def test_a_short_retry_after_does_not_undercut_a_crawl_delay(header: str) -> None:
    rules = Answer(200, {}, b"User-agent: *\nCrawl-delay: 10")
    world = World({f"{WWW}/robots.txt": [rules], URL: [Answer(429, {"retry-after": header}), OK]})
    world.article()
    assert all(gap >= 10 for gap in world.gaps), world.gaps


def test_the_delay_doubles_and_recovers() -> None:
    world = World({URL: [Answer(429), Answer(503), OK]})
    for _ in range(6):
        world.article()
    assert world.gaps[1:3] == pytest.approx([4.0, 8.0])
    assert world.gaps[-1] == pytest.approx(2.0)
    assert world.gaps[3:] == sorted(world.gaps[3:], reverse=True)


# --- retries ---


@pytest.mark.parametrize(
    "first", [Answer(502), Answer(504), Answer(500), Answer(503), Answer(429), Answer(None, error="it broke off")]
)
def test_a_passing_trouble_is_asked_again(first: Answer) -> None:
    world = World({URL: [first, OK]})
    capture, _ = world.article()
    assert (capture.outcome, capture.attempts, capture.error) == (FetchOutcome.OK, 2, None)
    assert world.urls == [URL, URL]


@pytest.mark.parametrize(
    "answer", [Answer(502), Answer(503), Answer(429), Answer(None, error="x"), Answer(None, error="x", timed_out=True)]
)
def test_retries_are_bounded(answer: Answer) -> None:
    world = World({URL: [answer]})
    capture, _ = world.article()
    assert 1 < len(world.urls) <= MOST_ATTEMPTS
    assert capture.attempts == len(world.urls)


@pytest.mark.parametrize("status", [200, 304, 400, 401, 403, 404, 410, 451])
def test_a_plain_answer_is_not_asked_again(status: int) -> None:
    world = World({URL: [Answer(status)]})
    world.article()
    assert world.urls == [URL]


# --- budget ---


@pytest.mark.parametrize(("requests", "asked"), [(0, 0), (1, 1), (2, 2), (3, 3)])
def test_the_cap_on_requests_counts_all_of_them(requests: int, asked: int) -> None:
    world = World({URL: [OK]}, requests=requests)
    with pytest.raises(Exhausted):
        for _ in range(10):
            world.article()
    assert len(world.asked) == asked


def test_the_cap_on_time_counts_the_waiting() -> None:
    world = World({URL: [OK]}, seconds=9.0)
    with pytest.raises(Exhausted):
        for _ in range(10):
            world.article()
    assert world.now <= 9.0
    assert len(world.asked) == 5


def test_a_rest_longer_than_the_run_has_ends_it_without_waiting() -> None:
    world = World({URL: [Answer(429, {"retry-after": "3600"})]}, seconds=600.0)
    capture, _ = world.article()
    assert capture.outcome is FetchOutcome.BLOCKED  # what was answered is kept
    with pytest.raises(Exhausted):
        world.article()
    assert world.now < 600


def test_a_run_does_not_sleep_for_a_day_because_a_server_says_so() -> None:
    world = World({URL: [Answer(503, {"retry-after": "86400"})]}, seconds=10**9)
    world.article()
    with pytest.raises(Exhausted):
        world.article()
    assert world.now < 3600


# --- redirects ---

MOVED = f"{WWW}/arti/english_edition/e_business/7.html"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "to",
    [
        MOVED,
        "/arti/english_edition/e_business/7.html",
        "../e_business/7.html",
        "//www.hani.co.kr/arti/english_edition/e_business/7.html",
    ],
)
def test_the_same_article_in_another_section_is_followed(status: int, to: str) -> None:
    capture, other = World({URL: [redirect(to, status)], MOVED: [OK]}).article()
    assert (capture.outcome, capture.url, capture.requested_url) == (FetchOutcome.OK, MOVED, URL)
    assert (capture.section, capture.redirects, other) == ("e_business", (MOVED,), None)


def test_the_same_article_at_the_other_host_is_followed() -> None:
    there = f"{ENGLISH}/arti/english_edition/e_national/7.html"
    capture, _ = World({URL: [redirect(there)], there: [OK]}).article()
    assert (capture.outcome, capture.url) == (FetchOutcome.OK, there)


def test_another_article_is_gone_for_the_first_and_handed_back() -> None:
    world = World({URL: [redirect(f"{NATIONAL}/8.html")]})
    capture, other = world.article()
    assert (capture.outcome, capture.article_id, capture.body) == (FetchOutcome.GONE, 7, None)
    assert other is not None and other.article_id == 8
    assert world.urls == [URL]


@pytest.mark.parametrize(
    "to",
    [
        "/",
        f"{WWW}/",
        WWW,
        f"{ENGLISH}/",
        "/arti/english_edition",
        NATIONAL,
        "/arti/english_edition/e_national/list1.html",
        "/arti/politics/diplomacy/8.html",
    ],
)
def test_the_front_page_a_list_or_a_korean_article_is_gone(to: str) -> None:
    world = World({URL: [redirect(to)]})
    capture, other = world.article()
    assert (capture.outcome, other) == (FetchOutcome.GONE, None)
    assert world.urls == [URL]
    assert len(capture.redirects) == 1


@pytest.mark.parametrize(
    "to",
    [
        "https://example.org/",
        "//example.org/arti/english_edition/e_national/7.html",
        "https://www.hani.co.kr.example.org/",
        "https://www.hani.co.kr:8443/arti/english_edition/e_national/7.html",
        "https://japan.hani.co.kr/7.html",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "https://user@www.hani.co.kr/arti/english_edition/e_national/7.html",
    ],
)
def test_off_the_site_is_not_followed(to: str) -> None:
    world = World({URL: [redirect(to)]})
    capture, other = world.article()
    assert (capture.outcome, other, capture.body) == (FetchOutcome.OFF_SITE, None, None)
    assert world.urls == [URL]


def test_a_loop_ends_as_failed() -> None:
    world = World({URL: [redirect(MOVED)], MOVED: [redirect(URL)]})
    capture, _ = world.article()
    assert capture.outcome is FetchOutcome.FAILED
    assert len(world.urls) == 2


def test_a_redirect_to_itself_ends_as_failed() -> None:
    world = World({URL: [redirect(URL)]})
    capture, _ = world.article()
    assert capture.outcome is FetchOutcome.FAILED
    assert world.urls == [URL]


def test_redirects_without_end_end() -> None:
    chain = {f"{URL}?n={n}": [redirect(f"{URL}?n={n + 1}")] for n in range(50)}
    world = World({URL: [redirect(f"{URL}?n=0")], **chain})
    capture, _ = world.article()
    assert capture.outcome is FetchOutcome.FAILED
    assert len(world.urls) < 10


@pytest.mark.parametrize("to", ["http://[", "", "\x00", "https://"])
def test_a_senseless_location_is_no_crash(to: str) -> None:
    capture, _ = World({URL: [redirect(to)]}).article()
    assert capture.outcome in (FetchOutcome.FAILED, FetchOutcome.OFF_SITE)


# --- robots.txt ---


def test_robots_txt_is_asked_once_a_host_and_first() -> None:
    world = World({URL: [OK]})
    for _ in range(3):
        world.article()
    assert [url for _, url in world.asked] == [f"{WWW}/robots.txt", URL, URL, URL]


@pytest.mark.parametrize(
    ("robots", "outcome"),
    [
        (Answer(200, {}, b"User-agent: *\nDisallow: /arti/"), FetchOutcome.ROBOTS),
        (Answer(200, {}, b"User-agent: *\nDisallow: /api/"), FetchOutcome.OK),
        (Answer(403), FetchOutcome.OK),
        (Answer(404), FetchOutcome.OK),
        (Answer(500), FetchOutcome.ROBOTS),
        (Answer(503), FetchOutcome.ROBOTS),
        (Answer(None, error="no answer within 30 seconds", timed_out=True), FetchOutcome.ROBOTS),
        (redirect("https://example.org/robots.txt"), FetchOutcome.ROBOTS),
        (redirect(f"{WWW}/robots.txt"), FetchOutcome.ROBOTS),  # a loop
    ],
)
def test_robots_txt_is_obeyed(robots: Answer, outcome: FetchOutcome) -> None:
    world = World({f"{WWW}/robots.txt": [robots], URL: [OK]})
    capture, _ = world.article()
    assert capture.outcome is outcome
    assert world.urls == ([URL] if outcome is FetchOutcome.OK else [])
    assert (capture.http_status, capture.body) == ((200, OK.body) if outcome is FetchOutcome.OK else (None, None))


def test_a_redirected_robots_txt_is_followed_on_the_site() -> None:
    there = Answer(200, {}, b"User-agent: *\nDisallow: /")
    world = World(
        {f"{WWW}/robots.txt": [redirect(f"{ENGLISH}/robots.txt", 301)], f"{ENGLISH}/robots.txt": [there], URL: [OK]}
    )
    assert world.article()[0].outcome is FetchOutcome.ROBOTS


def test_a_denied_host_is_denied_for_the_run_and_the_other_is_not() -> None:
    there = f"{ENGLISH}/arti/english_edition/e_national/8.html"
    world = World({f"{WWW}/robots.txt": [Answer(500)], URL: [OK], there: [OK]})
    assert world.article()[0].outcome is FetchOutcome.ROBOTS
    assert world.article(there)[0].outcome is FetchOutcome.OK
    assert world.article()[0].outcome is FetchOutcome.ROBOTS
    assert URL not in world.urls


def test_what_a_redirect_leads_to_must_be_allowed_too() -> None:
    rules = Answer(200, {}, b"User-agent: *\nDisallow: /arti/english_edition/e_business/")
    world = World({f"{WWW}/robots.txt": [rules], URL: [redirect(MOVED)], MOVED: [OK]})
    assert world.article()[0].outcome is FetchOutcome.ROBOTS
    assert world.urls == [URL]


def test_the_other_hosts_robots_txt_is_asked_before_a_redirect_there_is_followed() -> None:
    there = f"{ENGLISH}/arti/english_edition/e_national/7.html"
    deny = Answer(200, {}, b"User-agent: *\nDisallow: /")
    world = World({f"{ENGLISH}/robots.txt": [deny], URL: [redirect(there)], there: [OK]})
    assert world.article()[0].outcome is FetchOutcome.ROBOTS
    assert there not in world.urls


# --- an origin in the site's stead ---


@pytest.mark.parametrize(
    "to",
    ["http://127.0.0.1:8000/arti/english_edition/e_business/7.html", "/arti/english_edition/e_business/7.html", MOVED],
)
def test_an_origin_that_names_itself_is_the_site(to: str) -> None:
    world = World({URL: [redirect(to)], MOVED: [OK]}, origin="http://127.0.0.1:8000")
    capture, _ = world.article()
    assert (capture.outcome, capture.url, capture.redirects) == (FetchOutcome.OK, MOVED, (MOVED,))
    assert capture.origin == "http://127.0.0.1:8000"


def test_another_server_than_the_origin_stays_off_site() -> None:
    world = World(
        {URL: [redirect("http://127.0.0.1:9000/arti/english_edition/e_business/7.html")]},
        origin="http://127.0.0.1:8000",
    )
    assert world.article()[0].outcome is FetchOutcome.OFF_SITE
