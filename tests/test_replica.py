"""The bundled copy of the site answers as the real one is known to, and misbehaves on demand."""

import gzip
import http.client
import json
import re
import socket
import time
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jobs.replica import KINDS, NIGHTS, Misbehaviour, Outage, Record, Replica, RobotsAnswer
from jobs.replica.__main__ import main
from jobs.replica.misbehaviour import BOMB_CRC

ENGLISH, WWW = "english.hani.co.kr", "www.hani.co.kr"
OLD, MIDDLE, NEW = 900001, 1000001, 1240001
OLD_PATH = f"/arti/english_edition/e_national/{OLD}.html"
NEW_PATH = f"/arti/english_edition/e_national/{NEW}.html"
PICTURE: Record = {
    "src": "https://flexible.img.hani.co.kr/flexible/normal/imgdb/original/2025/1/1.jpg",
    "caption": "A ferry leaves. (Yonhap)",
    "credit": "Yonhap",
}
WORDS = re.compile(r"[\s\u200b\u00a0]+")


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, unpacked and decoded as its header says."""
        body = self.body
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        charset = re.search(r"charset=([\w-]+)", self.headers.get("content-type", ""))
        return body.decode(charset[1] if charset else "utf-8")


def get(replica: Replica, target: str, host: str = WWW, method: str = "GET", **more: str) -> Got:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=5)
    try:
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        connection.request(method, target, headers={"Host": host, **headers})
        answer = connection.getresponse()
        body = answer.read()
        return Got(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)
    finally:
        connection.close()


@contextmanager
def raw(replica: Replica) -> Iterator[socket.socket]:
    """A bare connection."""
    with socket.create_connection(("127.0.0.1", replica.port), timeout=5) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def write_article(folder: Path, article_id: int, generation: str, **more: Any) -> None:
    """One invented article's file."""
    record: Record = {
        "title": f"Ferry timetable no. {article_id} & the islanders’ long wait",
        "subtitle": "A first line of the standfirst and a second line",
        "authors": ["Baek Su-rin"],
        "byline": "By Baek Su-rin, staff reporter",
        "posted_at": "2025-11-03T16:05:00Z",
        "modified_at": "2025-11-03T17:00:00Z",
        "section": "e_national",
        "body": [f"Paragraph {n} of {article_id} tells of a “quiet” harbor town." for n in range(5)],
        "images": [PICTURE],
        "original_url": f"https://www.hani.co.kr/arti/society/rights/{article_id - 1}.html",
    }
    record.update(more.pop("record", {}))
    data = {
        "id": article_id,
        "generation": generation,
        "host": WWW if generation == "g3" else ENGLISH,
        "first_night": 1,
        "record": record,
        **more,
    }
    path = folder / f"{article_id}.json"
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small site: an article of each generation and some that change."""
    articles = tmp_path_factory.mktemp("articles")
    write_article(articles, OLD, "g1", page={"double_br": False, "related": True})
    write_article(articles, MIDDLE, "g2", page={"soft_breaks": [1]})
    write_article(articles, NEW, "g3", page={"related": True, "audio": True})
    changes: dict[str, Any] = {
        "2": {"set": {"title": "A corrected headline"}},
        "3": {"set": {"section": "e_business"}},
    }
    write_article(articles, NEW + 1, "g3", page={"conditional": True}, nights=changes)
    for number, answer in enumerate(("404", "410", "deleted", "front", f"article:{NEW}", "403")):
        back = {"2": {"answer": answer}, "3": {"answer": "200"}}
        write_article(articles, NEW + 10 + number, "g3", nights=back)
    write_article(articles, NEW + 20, "g3", first_night=2)
    pages = tmp_path_factory.mktemp("pages")
    (pages / "g1").mkdir()
    (pages / "g1" / "900777.html").write_bytes("<html>손으로 쓴 쪽</html>".encode("euc-kr"))
    record = {
        "id": 900777,
        "template": "g1",
        "url": "http://english.hani.co.kr/arti/english_edition/e_business/900777.html",
        "title": "Written by hand",
        "posted_at": "2019-01-02T03:04:00Z",
        "body": ["One."],
        "section": "e_business",
    }
    (pages / "g1" / "900777.json").write_text(json.dumps(record), encoding="utf-8")
    return articles, pages


@pytest.fixture
def replica(folders: tuple[Path, Path]) -> Iterator[Replica]:
    """The small site, served on its first night."""
    with Replica(articles=folders[0], pages=folders[1]) as served:
        yield served


def words(html: str) -> str:
    """A page's text as one line: no markup, no scripts, plain blanks."""
    html = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", html)
    text = unescape(re.sub(r"<[^>]*>", " ", html))
    return WORDS.sub(" ", unicodedata.normalize("NFC", text))


def article_part(html: str) -> str:
    """From the headline to the comments, without what changes on each request."""
    start = re.search(r'<h2 id="titleapp|<h4><span class="title|<h3 class="ArticleDetailView', html)
    assert start is not None
    part = html[start.start() : html.index('id="comment-box"')]
    part = re.sub(r"(?s)Related stories.*|Most viewed articles.*", "", part)
    return words(part)


# Articles


def test_every_bundled_page_prints_its_record() -> None:
    with Replica() as replica:
        for night in range(1, NIGHTS + 1):
            replica.night = night
            for article_id in replica.article_ids():
                record = replica.expected(article_id)
                if record is not None:
                    check_page(replica, article_id, record)


def check_page(replica: Replica, article_id: int, record: Record) -> None:
    """Title, subtitle, paragraphs, captions and byline stand on the page, the body in order."""
    host, _, path = replica.address(article_id).removeprefix("https://").partition("/")
    got = get(replica, f"/{path}", host)
    assert got.status == 200, (article_id, got.body[:200])
    text = words(got.text)
    bare = text.replace(" ", "")
    for wanted in (record["title"], record["subtitle"], record["byline"]):
        assert not wanted or wanted.replace(" ", "") in bare, (article_id, wanted)
    for image in record["images"]:
        caption = image["caption"]
        assert not caption or caption.replace(" ", "") in bare, (article_id, caption)
    at = 0
    for paragraph in record["body"]:
        at = bare.find(paragraph.replace(" ", ""), at)
        assert at >= 0, (article_id, paragraph)


@pytest.mark.parametrize("generation", ["g1", "g2", "g3"])
def test_every_hint_in_every_generation(generation: str, tmp_path: Path) -> None:
    for number in range(36):
        hints = {
            "image_after": [number % 3],
            "midtitles": [3] if number % 2 else [],
            "midtitle_form": "bold" if number % 4 == 1 else "box",
            "double_br": number % 3 != 0,
            "soft_breaks": [1],
            "subtitle_lines": ["A first line of the standfirst", "and a second line"],
            "series": "Harbors" if number % 2 else None,
            "caption_twice": number % 3 == 1,
            "image_sizes": [[700, 500]],
            "newsletter": "(☞ Subscribe)" if number % 2 else "Subscribe",
            "embed": number % 2 == 0,
            "related": number % 3 == 2,
            "links": [[1, "a “quiet” harbor", "https://example.org/?a=1&b=2"]],
            "emphasis": [[2, "harbor", "em"], [1, "quiet", "b"]],
            "byline_form": ("own", "with_mail", "own")[number % 3],
            "canonical": number % 2 == 0,
        }
        changed: Record = {}
        if number % 6 == 4:
            changed = {"byline": "Baek Su-rin, Mun Ji-ho", "authors": ["Baek Su-rin", "Mun Ji-ho"]}
        elif number % 6 == 5:
            changed = {"byline": None, "authors": [], "subtitle": None, "modified_at": None}
            changed |= {"original_url": None, "images": [{**PICTURE, "caption": None}] * 2}
        write_article(tmp_path, 500_000 + number, generation, page=hints, record=changed)
    with Replica(articles=tmp_path, pages=tmp_path) as replica:
        for article_id in replica.article_ids():
            record = replica.expected(article_id)
            assert record is not None
            check_page(replica, article_id, record)


@pytest.mark.parametrize(
    ("article_id", "host", "low", "high"),
    [(OLD, ENGLISH, 40, 60), (MIDDLE, ENGLISH, 40, 60), (NEW, WWW, 60, 90)],
)
def test_pages_are_heavy_and_noisy(replica: Replica, article_id: int, host: str, low: int, high: int) -> None:
    path = f"/arti/english_edition/e_national/{article_id}.html"
    pages = [get(replica, path, host).text for _ in range(3)]
    assert len(set(pages)) == 3
    assert len({article_part(page) for page in pages}) == 1
    assert all(low * 1000 < len(page.encode()) < high * 1000 for page in pages)
    assert "\ue000" not in "".join(pages)


def test_old_pages_answer_on_both_hosts_and_new_ones_only_on_www(replica: Replica) -> None:
    one, other = get(replica, OLD_PATH, ENGLISH), get(replica, OLD_PATH, WWW)
    assert article_part(one.text) == article_part(other.text)
    moved = get(replica, NEW_PATH, ENGLISH)
    assert (moved.status, moved.headers["location"]) == (301, f"https://{WWW}{NEW_PATH}")
    assert get(replica, NEW_PATH + "?utm_source=rss", WWW).status == 200
    assert get(replica, NEW_PATH, "127.0.0.1").status == 200


def test_an_old_page_is_in_the_old_encoding(replica: Replica) -> None:
    got = get(replica, OLD_PATH, ENGLISH)
    assert got.headers["content-type"] == "text/html; charset=euc-kr"
    assert "charset=euc-kr" in got.text and "정치" in got.text


def test_new_pages_are_packed_on_demand(replica: Replica) -> None:
    plain = get(replica, NEW_PATH)
    packed = get(replica, NEW_PATH, Accept_Encoding="gzip, deflate")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) * 2 < len(plain.body)
    assert article_part(packed.text) == article_part(plain.text)
    assert "content-encoding" not in get(replica, OLD_PATH, ENGLISH, Accept_Encoding="gzip").headers


def test_class_names_change_from_build_to_build(replica: Replica) -> None:
    found = {
        match
        for _ in range(40)
        for match in re.findall(r"ArticleDetailView_title__\S{5}(?=\")", get(replica, NEW_PATH).text)
    }
    assert len(found) == 4


def test_an_address_with_another_section_leads_to_the_right_one(replica: Replica) -> None:
    for article_id in (NEW, NEW + 1):
        got = get(replica, f"/arti/english_edition/e_entertainment/{article_id}.html")
        assert got.status == 301
        assert got.headers["location"].endswith(f"/arti/english_edition/e_national/{article_id}.html")
    assert get(replica, NEW_PATH + "/").status == 301


def test_unknown_addresses_are_not_found(replica: Replica) -> None:
    for target in ("/arti/english_edition/e_national/1.html", "/nothing", "/arti/PRINT/1.html"):
        assert get(replica, target).status == 404
    assert get(replica, NEW_PATH, "other.example").status == 404
    assert get(replica, NEW_PATH, "hani.co.kr").headers["location"] == f"https://{WWW}{NEW_PATH}"
    korean = get(replica, f"/arti/politics/diplomacy/{NEW}.html")
    assert korean.status == 301 and "english_edition" in korean.headers["location"]


def test_raw_pages_are_served_as_they_are(replica: Replica, folders: tuple[Path, Path]) -> None:
    written = (folders[1] / "g1" / "900777.html").read_bytes()
    got = get(replica, "/arti/english_edition/e_business/900777.html", ENGLISH)
    assert got.body == written
    assert got.headers["content-type"] == "text/html; charset=euc-kr"
    record = replica.expected(900777)
    assert record is not None and record["template"] == "g1" and "url" not in record


def test_conditional_pages(replica: Replica) -> None:
    path = f"/arti/english_edition/e_national/{NEW + 1}.html"
    one, two = get(replica, path), get(replica, path)
    assert one.body == two.body
    tag, stamp = one.headers["etag"], one.headers["last-modified"]
    same = get(replica, path, If_None_Match=tag)
    assert (same.status, same.body) == (304, b"")
    assert get(replica, path, If_Modified_Since=stamp).status == 304
    replica.night = 2
    # The printed times stay as they were, and yet the page has changed.
    assert get(replica, path, If_None_Match=tag).status == 200
    assert get(replica, path, If_Modified_Since=stamp).status == 200
    assert "A corrected headline" in get(replica, path).text


# Nights


def test_what_happens_on_the_second_night(replica: Replica) -> None:
    late = NEW + 20
    late_path = f"/arti/english_edition/e_national/{late}.html"
    assert late not in replica.article_ids() and get(replica, late_path).status == 404
    replica.night = 2
    assert late in replica.article_ids() and get(replica, late_path).status == 200
    record = replica.expected(NEW + 1)
    assert record is not None and record["title"] == "A corrected headline"
    answers = []
    for number in range(5):
        gone = NEW + 10 + number
        assert replica.expected(gone) is None and gone in replica.article_ids()
        got = get(replica, f"/arti/english_edition/e_national/{gone}.html")
        answers.append((got.status, got.headers.get("location")))
        assert f"{gone}.html" not in get(replica, "/rss/english_edition/").text
    there = f"https://{WWW}{NEW_PATH}"
    assert answers == [(404, None), (410, None), (200, None), (302, "/"), (301, there)]


def test_a_bot_check_hides_a_page_and_takes_it_off_no_list(replica: Replica) -> None:
    replica.night = 2
    hidden = NEW + 15
    path = f"/arti/english_edition/e_national/{hidden}.html"
    got = get(replica, path)
    assert (got.status, "Verify you are human" in got.text, "Paragraph" in got.text) == (403, True, False)
    assert replica.expected(hidden) is None
    assert hidden in replica.listed_ids("e_national") and path in get(replica, "/rss/english_edition/").text
    replica.night = 3
    assert get(replica, path).status == 200


def test_what_is_back_on_the_third_night(replica: Replica) -> None:
    replica.night = 3
    for number in range(6):
        assert replica.expected(NEW + 10 + number) is not None
    moved = get(replica, f"/arti/english_edition/e_national/{NEW + 1}.html")
    assert moved.headers["location"].endswith(f"/arti/english_edition/e_business/{NEW + 1}.html")
    assert NEW + 1 in replica.listed_ids("e_business")


HISTORIES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "histories.json").read_text("utf-8"))
"""What the archive must make of the bundled articles over all nights, written by hand.

`versions` and the kinds of their `changes` are complete, by field or `field:place` (the paragraph in the newer text, `-N`:
paragraph N of the older one, taken out); `open` names kinds that may be found as well. `corrects` is the number of the
version of which a correction speaks. `status` holds from its night on. An article without an entry never changes.
"""
RECORD_FIELDS = {
    "headline": "title",
    "subtitle": "subtitle",
    "byline": "byline",
    "authors": "authors",
    "section": "section",
    "posted": "posted_at",
    "stamp": "modified_at",
    "original": "original_url",
}


def seen_records(replica: Replica) -> dict[int, dict[int, Record]]:
    """Article → night → the record that was served."""
    found: dict[int, dict[int, Record]] = {}
    for night in range(1, NIGHTS + 1):
        replica.night = night
        for article_id in replica.article_ids():
            records = found.setdefault(article_id, {})
            record = replica.expected(article_id)
            if record is not None:
                records[night] = record
    return found


def changed_places(before: list[str], after: list[str]) -> set[str]:
    """The paragraphs that one side alone has, as the histories name them; an edited one by its newer place."""
    found = {f"body:{n}" for n, text in enumerate(after, 1) if text not in before}
    if len(after) < len(before):
        found |= {f"body:-{n}" for n, text in enumerate(before, 1) if text not in after}
    if not found and before != after:
        moved = next(n for n in range(len(before)) if before[n] != after[n])
        found = {f"body:{moved + 1}"}
    return found


def changed_fields(before: Record, after: Record) -> set[str]:
    """The fields that differ between two records, as the histories name them."""
    found = {field for field, name in RECORD_FIELDS.items() if before[name] != after[name]}
    found |= changed_places(before["body"], after["body"])
    pictures = zip(before["images"], after["images"], strict=True)
    return found | {f"caption:{n}" for n, (old, new) in enumerate(pictures, 1) if old["caption"] != new["caption"]}


def test_the_histories_name_every_version_and_every_field_that_changes() -> None:
    with Replica() as replica:
        records = seen_records(replica)
    named = {history["id"]: history["versions"] for history in HISTORIES}
    assert len(named) == len(HISTORIES) and set(named) <= set(records)
    for article_id, nights in records.items():
        states = sorted(nights.items())
        wanted: list[tuple[int, set[str]]] = [(states[0][0], set())]
        for (_, before), (night, after) in pairwise(states):
            if before != after:
                wanted.append((night, changed_fields(before, after)))
        entry = named.get(article_id, [{"night": states[0][0]}])
        assert [(v["night"], set(v.get("changes", {}))) for v in entry] == wanted, article_id


def test_the_histories_tell_of_everything_that_can_happen() -> None:
    kinds = {
        kind for h in HISTORIES for v in h["versions"] for found in v.get("changes", {}).values() for kind in found
    }
    assert kinds == set(
        "figure quote name correction rewrite addition deletion typo format move stamp metadata".split()
    )
    versions = {v["kind"] for history in HISTORIES for v in history["versions"]}
    assert versions == {"first", "text", "revert", "metadata", "stamp"}
    statuses = {status for history in HISTORIES for status in history["status"].values()}
    assert statuses == {"live", "missing", "removed", "returned", "moved", "blocked"}


def condition(replica: Replica, article_id: int) -> str:
    """In what condition an article's address is tonight, by what it answers."""
    host, _, path = replica.address(article_id).removeprefix("https://").partition("/")
    got = get(replica, f"/{path}", host)
    location = got.headers.get("location", "")
    if got.status == 200:
        return "gone" if "This article has been deleted" in got.text else "good"
    if got.status == 301 and "/arti/" in location:
        return "moved"
    return {404: "gone", 410: "gone", 403: "blocked", 302: "gone" if location == "/" else ""}[got.status]


def standings(conditions: list[str]) -> list[str]:
    """The statuses after each night: gone for three nights in a row is removed, and never quite live again."""
    found: list[str] = []
    gone, removed = 0, False
    for now in conditions:
        gone = gone + 1 if now == "gone" else 0
        removed = removed or gone >= 3
        if now == "good":
            found.append("returned" if removed else "live")
        else:
            found.append({"gone": "removed" if gone >= 3 else "missing"}.get(now, now))
    return found


def test_the_bundled_site_answers_as_the_histories_say() -> None:
    answers: dict[int, list[str]] = {}
    first: dict[int, int] = {}
    with Replica() as replica:
        for night in range(1, NIGHTS + 1):
            replica.night = night
            for article_id in replica.article_ids():
                first.setdefault(article_id, night)
                answers.setdefault(article_id, []).append(condition(replica, article_id))
    told = {history["id"]: history["status"] for history in HISTORIES}
    for article_id, conditions in answers.items():
        changes: dict[str, str] = {}
        for night, status in enumerate(standings(conditions), first[article_id]):
            if not changes or status != list(changes.values())[-1]:
                changes[str(night)] = status
        assert told.get(article_id, {str(first[article_id]): "live"}) == changes, article_id


def test_no_night_of_the_bundled_site_looks_like_an_outage() -> None:
    with Replica() as replica:
        known: set[int] = set()
        for night in range(1, NIGHTS + 1):
            replica.night = night
            there = {i for i in replica.article_ids() if replica.expected(i)}
            assert len(known - there) <= len(known) // 10, night
            known = there


def test_articles_that_lead_elsewhere_and_those_that_repeat_another() -> None:
    with Replica(NIGHTS) as replica:
        for history in HISTORIES:
            if "moved_to" in history:
                host, _, path = replica.address(history["id"]).removeprefix("https://").partition("/")
                there = get(replica, f"/{path}", host).headers["location"]
                assert there == replica.address(history["moved_to"])
            if "duplicate_of" in history:
                one, other = replica.expected(history["id"]), replica.expected(history["duplicate_of"])
                assert one and other and one["title"] != other["title"]
                assert len(set(one["body"]) & set(other["body"])) >= len(other["body"]) - 2


# Outages

EVERYTHING = (OLD, MIDDLE, NEW, NEW + 1)


@pytest.mark.parametrize(
    ("answer", "status", "words_on_page"),
    [
        ("503", 503, "Service Unavailable"),
        ("404", 404, "could not be found"),
        ("deleted", 200, "This article has been deleted"),
        ("403", 403, "Verify you are human"),
        ("bot_check", 200, "Verify you are human"),
    ],
)
def test_an_outage_of_everything(replica: Replica, answer: str, status: int, words_on_page: str) -> None:
    replica.outage = Outage(1.0, answer)
    for article_id in EVERYTHING:
        for host in (WWW, ENGLISH):
            got = get(replica, f"/arti/english_edition/e_national/{article_id}.html", host)
            assert (got.status, words_on_page in got.text) == (status, True)
            assert "Paragraph" not in got.text
        assert replica.expected(article_id) is not None
    assert len(new_list(get(replica, "/arti/english_edition/e_national").text)[0]) > len(EVERYTHING)
    assert get(replica, "/rss/english_edition/").text.count(".html</link>") > len(EVERYTHING)
    assert get(replica, f"/arti/english_edition/e_national/{NEW + 999}.html").status == 404
    replica.outage = None
    assert get(replica, NEW_PATH).status == 200


def test_an_outage_hits_a_share_and_always_the_same() -> None:
    numbers = range(1_200_000, 1_202_000)
    half = {n for n in numbers if Outage(0.5).answer_for(n)}
    assert 0.45 < len(half) / len(numbers) < 0.55
    assert half == {n for n in numbers if Outage(0.5, "404").answer_for(n)}
    assert half < {n for n in numbers if Outage(0.6).answer_for(n)}
    assert half != {n for n in numbers if Outage(0.5, salt="another night").answer_for(n)}
    assert not any(Outage(0.0).answer_for(n) for n in numbers)
    mixed = [Outage(1.0, "mixed").answer_for(n) for n in numbers]
    assert {mixed.count(answer) > 400 for answer in ("503", "deleted", "404", "bot_check")} == {True}
    assert set(mixed) == {"503", "deleted", "404", "bot_check"}


def test_a_partial_outage_spares_the_others(replica: Replica) -> None:
    replica.outage = Outage(0.5, "404")
    for article_id in EVERYTHING:
        hit = replica.outage.answer_for(article_id) is not None
        got = get(replica, f"/arti/english_edition/e_national/{article_id}.html")
        assert got.status == (404 if hit else 200)


@pytest.mark.parametrize(("share", "answer"), [(1.5, "503"), (-0.1, "503"), (0.5, "teapot"), (float("nan"), "503")])
def test_outages_that_cannot_be(share: float, answer: str) -> None:
    with pytest.raises(ValueError, match=r"share|unknown answer"):
        Outage(share, answer)


# Ways to the articles


def test_feed(replica: Replica) -> None:
    feed = get(replica, "/rss/english_edition/")
    assert feed.headers["content-type"].startswith("application/rss+xml")
    assert get(replica, "/rss/english_edition/", ENGLISH).body == feed.body
    links = re.findall("<link>(.*)</link>", feed.text)[1:]
    ours = [int(found[1]) for link in links if (found := re.search(r"english_edition/.*/(\d+)", link))]
    assert ours == replica.listed_ids()[:30]
    assert len(links) == len(ours) + 3
    assert "pubDate" not in feed.text and "dc:date" not in feed.text
    assert re.search(r"<img src=\S+/imgdb/original/2025/1104/\d+\.webp border=0>", feed.text)
    assert '<ul class="rss-list">' in get(replica, "/rss/").text
    assert "english_edition/e_" not in get(replica, "/rss", ENGLISH).text


def new_list(page: str) -> tuple[list[str], list[str]]:
    """The addresses in a new list's markup and in its data."""
    items = re.findall(r'<li class="Article(?:Gallery)?List_item__[^>]*>.*?<a [^>]*href="([^"]+)"', page)
    data = re.search(r'<script id="__NEXT_DATA__"[^>]*>(.*?)</script>', page)
    assert data is not None
    properties = json.loads(data[1])["props"]["pageProps"]
    rows = properties["list"] if "list" in properties else properties["listData"]["articleList"]
    return items, [row["url"] for row in rows]


def test_new_lists_end_with_empty_pages(replica: Replica) -> None:
    replica.page_size = 3
    walked: list[str] = []
    for page in range(1, 10):
        got = get(replica, f"/arti/english_edition/e_national?page={page}")
        items, rows = new_list(got.text)
        assert got.status == 200 and items == rows and len(items) <= 3
        assert "Most viewed articles" in got.text
        walked += items
    assert not items
    ids = [int(re.findall(r"\d+", address)[-1]) for address in walked if "english_edition" in address]
    assert ids == replica.listed_ids("e_national")
    assert len(walked) == len(ids) + 1


def test_old_lists_repeat_their_last_page(replica: Replica) -> None:
    replica.page_size = 3
    pages = []
    for page in range(1, 7):
        text = get(replica, f"/arti/english_edition/e_national/list{page}.html", ENGLISH).text
        group = re.search(r'(?s)<ul class="list-group">(.*?)</ul>', text)
        assert group is not None
        pages.append([re.findall('href="([^"]+)"', item)[0] for item in group[1].split("<li>")[1:]])
    assert pages[3] == pages[4] == pages[5] != pages[2]
    walked = [address for page in pages[:4] for address in page]
    assert all(address.startswith("/arti/") for address in walked)
    ids = [int(re.findall(r"\d+", address)[-1]) for address in walked if "english_edition" in address]
    assert ids == replica.listed_ids("e_national")


def test_both_forms_of_new_lists(replica: Replica) -> None:
    pages = {code: get(replica, f"/arti/english_edition/{code}").text for code in replica.sections()}
    assert all(new_list(page)[0] == new_list(page)[1] for page in pages.values())
    assert any("ArticleGalleryList_list__" in page for page in pages.values())
    assert {'"listData"' in page for page in pages.values()} == {True, False}
    assert get(replica, "/arti/english_edition/e_nothing").status == 404
    assert get(replica, "/arti/english_edition/e_national", ENGLISH).status == 301


def test_korean_articles_stand_among_ours(replica: Replica) -> None:
    items, _ = new_list(get(replica, "/arti/english_edition/e_national").text)
    strangers = [address for address in items if "english_edition" not in address]
    assert len(strangers) == 1
    got = get(replica, re.sub("https://[^/]+", "", strangers[0]))
    assert got.status == 200 and 'class="article-text"' in got.text
    assert get(replica, f"/arti/society/rights/{OLD - 1}.html").status == 200


def test_front_page_and_robots(replica: Replica) -> None:
    assert "/arti/english_edition/e_national" in get(replica, "/").text
    assert "Disallow: /arti/PRINT/" in get(replica, "/robots.txt").text
    replica.robots = {ENGLISH: RobotsAnswer(503, "")}
    assert get(replica, "/robots.txt", ENGLISH).status == 503
    assert get(replica, "/robots.txt", WWW).status == 200
    replica.robots = RobotsAnswer(200, "User-agent: *\nDisallow: /\n")
    assert get(replica, "/robots.txt", WWW).text.endswith("Disallow: /\n")


# HTTP


def test_requests_are_written_down(replica: Replica) -> None:
    before = time.monotonic()
    get(replica, NEW_PATH, WWW, User_Agent="tester")
    get(replica, "/nothing?a=b", ENGLISH)
    one, two = replica.requests
    assert (one.method, one.host, one.target, one.status) == ("GET", WWW, NEW_PATH, 200)
    assert one.headers["user-agent"] == "tester"
    assert (two.host, two.target, two.status) == (ENGLISH, "/nothing?a=b", 404)
    assert before <= one.at <= two.at <= time.monotonic()


def test_keep_alive_and_requests_in_a_row(replica: Replica) -> None:
    one = f"GET /robots.txt HTTP/1.1\r\nHost: {WWW}\r\n\r\n"
    last = f"GET /robots.txt HTTP/1.1\r\nHost: {WWW}\r\nConnection: close\r\n\r\n"
    with raw(replica) as connection:
        connection.sendall((one + one + last).encode())
        assert everything(connection).count(b"HTTP/1.1 200 OK") == 3


def test_head_has_no_body(replica: Replica) -> None:
    got = get(replica, OLD_PATH, ENGLISH, "HEAD")
    assert got.body == b"" and int(got.headers["content-length"]) > 40_000
    assert get(replica, OLD_PATH, ENGLISH, "POST").status == 405


def test_whole_addresses_as_sent_to_a_proxy(replica: Replica) -> None:
    request = f"GET http://{WWW}{NEW_PATH} HTTP/1.1\r\nHost: else\r\nConnection: close\r\n\r\n"
    with raw(replica) as connection:
        connection.sendall(request.encode())
        assert everything(connection).startswith(b"HTTP/1.1 200 ")
    assert replica.requests[-1].host == WWW


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00", 400),
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400),
        (b"GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 9000, 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 17000, 431),
    ],
)
def test_nonsense_is_refused(replica: Replica, sent: bytes, status: int) -> None:
    with raw(replica) as connection:
        connection.sendall(sent)
        assert everything(connection).startswith(f"HTTP/1.1 {status} ".encode())


# Misbehaviour


def test_misbehaviours_are_used_up_in_order(replica: Replica) -> None:
    twice = Misbehaviour("server_error", times=2)
    replica.misbehave[NEW_PATH] = [Misbehaviour("forbidden"), twice]
    replica.misbehave[WWW + OLD_PATH] = [Misbehaviour("bad_gateway", times=None)]
    assert [get(replica, NEW_PATH).status for _ in range(4)] == [403, 500, 500, 200]
    assert [get(replica, OLD_PATH, WWW).status for _ in range(3)] == [502] * 3
    assert get(replica, OLD_PATH, ENGLISH).status == 200
    assert twice.times == 2
    with pytest.raises(ValueError, match="unknown misbehaviour"):
        Misbehaviour("dance")


def test_a_key_with_a_star_stands_for_many(replica: Replica) -> None:
    replica.misbehave["/arti/english_edition/*"] = [Misbehaviour("unavailable", times=2)]
    assert [get(replica, path).status for path in (NEW_PATH, OLD_PATH, NEW_PATH)] == [503, 503, 200]
    assert "*" not in "".join(KINDS)


def test_retry_after(replica: Replica) -> None:
    replica.misbehave[NEW_PATH] = [
        Misbehaviour("too_many", retry_after=7),
        Misbehaviour("too_many_date", retry_after=20),
        Misbehaviour("unavailable", retry_after=3),
        Misbehaviour("unavailable"),
    ]
    got = [get(replica, NEW_PATH) for _ in range(4)]
    assert [answer.status for answer in got] == [429, 429, 503, 503]
    assert got[0].headers["retry-after"] == "7"
    date = parsedate_to_datetime(got[1].headers["retry-after"])
    assert 18 < date.timestamp() - time.time() < 22
    assert got[2].headers["retry-after"] == "3" and "retry-after" not in got[3].headers


def test_redirects(replica: Replica) -> None:
    replica.misbehave[NEW_PATH] = [
        Misbehaviour("redirect", location="/elsewhere", status=307),
        Misbehaviour("off_site"),
        Misbehaviour("redirect_loop"),
    ]
    got = [get(replica, NEW_PATH) for _ in range(3)]
    assert (got[0].status, got[0].headers["location"]) == (307, "/elsewhere")
    assert got[1].headers["location"].startswith("http://example.org/")
    seen = []
    target = got[2].headers["location"]
    for _ in range(4):
        seen.append(target)
        target = get(replica, target).headers["location"]
    assert len(set(seen)) == 2 and target in seen


def test_pages_that_are_not_the_article(replica: Replica) -> None:
    kinds = ("bot_check", "paywall", "empty")
    replica.misbehave[NEW_PATH] = [Misbehaviour(kind) for kind in kinds]
    bot, wall, empty = (get(replica, NEW_PATH) for _ in range(3))
    assert {bot.status, wall.status, empty.status} == {200}
    assert "Verify you are human" in bot.text and "Paragraph" not in bot.text
    assert "Subscribe to continue reading" in wall.text
    assert "Paragraph 0" in wall.text and "Paragraph 1" not in wall.text
    assert empty.body == b""


def test_wrong_charset_and_gzip(replica: Replica) -> None:
    path = f"/arti/english_edition/e_national/{MIDDLE}.html"
    replica.misbehave[path] = [
        Misbehaviour("wrong_charset"),
        Misbehaviour("wrong_charset", charset="iso-8859-1"),
        Misbehaviour("gzip"),
    ]
    one, two, packed = (get(replica, path, ENGLISH) for _ in range(3))
    assert one.headers["content-type"] == "text/html; charset=euc-kr"
    assert two.headers["content-type"] == "text/html; charset=iso-8859-1"
    assert article_part(one.body.decode("utf-8")) == article_part(packed.text)
    assert packed.headers["content-encoding"] == "gzip"


def test_cut_and_dropped_connections(replica: Replica) -> None:
    replica.misbehave[NEW_PATH] = [Misbehaviour("cut", share=0.25), Misbehaviour("drop")]
    with pytest.raises(http.client.IncompleteRead) as cut:
        get(replica, NEW_PATH)
    whole = len(cut.value.partial) + (cut.value.expected or 0)
    assert len(cut.value.partial) == whole // 4
    with pytest.raises(ConnectionError):
        get(replica, NEW_PATH)
    replica.dead_hosts.add(ENGLISH)
    with pytest.raises(ConnectionError):
        get(replica, OLD_PATH, ENGLISH)
    assert get(replica, OLD_PATH, WWW).status == 200
    assert [request.status for request in replica.requests] == [200, 0, 0, 200]


def test_stalls_and_drips(replica: Replica) -> None:
    replica.misbehave["/robots.txt"] = [
        Misbehaviour("stall", seconds=0.1),
        Misbehaviour("slow", size=20, pause=0.01),
    ]
    for _ in range(2):
        start = time.monotonic()
        assert "Disallow" in get(replica, "/robots.txt").text
        assert time.monotonic() - start > 0.05


def test_closing_ends_a_stall(folders: tuple[Path, Path]) -> None:
    start = time.monotonic()
    with Replica(articles=folders[0], pages=folders[1]) as replica, raw(replica) as connection:
        replica.misbehave["/"] = [Misbehaviour("stall")]
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {WWW}\r\n\r\n".encode())
        while not replica.requests:
            time.sleep(0.005)
        replica.close()
        assert connection.recv(1) == b""
    assert time.monotonic() - start < 1


def test_huge_and_bomb(replica: Replica) -> None:
    replica.misbehave[NEW_PATH] = [Misbehaviour("huge"), Misbehaviour("bomb")]
    with raw(replica) as connection:
        connection.sendall(f"GET {NEW_PATH} HTTP/1.1\r\nHost: {WWW}\r\n\r\n".encode())
        # Not read for a while: the copy must wait for us and not fill its memory.
        time.sleep(0.05)
        received = 0
        while received < 3_000_000:
            received += len(connection.recv(65536))
    bomb = get(replica, NEW_PATH)
    assert bomb.headers["content-encoding"] == "gzip" and len(bomb.body) < 2_000_000
    unpacker = zlib.decompressobj(31)
    assert unpacker.decompress(bomb.body, 5_000_000) == b" " * 5_000_000
    size = int.from_bytes(bomb.body[-4:], "little")
    assert size > 1_000_000_000 and int.from_bytes(bomb.body[-8:-4], "little") == BOMB_CRC


def test_endless_lists(replica: Replica) -> None:
    replica.page_size = 3
    path = "/arti/english_edition/e_national"
    replica.misbehave[f"{path}?page=1"] = [Misbehaviour("endless_list")]
    get(replica, f"{path}?page=1")
    far = get(replica, f"{path}?page=500").text
    assert new_list(far)[0] == new_list(get(replica, f"{path}?page=4").text)[0] != []
    assert "?page=501" in far
    assert "list501.html" in get(replica, f"{path}/list500.html", ENGLISH).text


def test_bad_answers_to_head(replica: Replica) -> None:
    replica.misbehave[NEW_PATH] = [
        Misbehaviour("cut"),
        Misbehaviour("status", status=418, body="x"),
    ]
    got = get(replica, NEW_PATH, method="HEAD")
    assert (got.status, got.body) == (200, b"")
    assert get(replica, NEW_PATH).status == 418
    assert repr(Misbehaviour("cut", share=0.1)) == "Misbehaviour('cut', times=1, share=0.1)"
    assert len({Misbehaviour("cut"), Misbehaviour("cut"), Misbehaviour("drop")}) == 2


# Data and command line


def test_faulty_files_are_named(tmp_path: Path) -> None:
    write_article(tmp_path, 1, "g1", page={"imagine": 1})
    with pytest.raises(ValueError, match=r"1\.json"):
        Replica(articles=tmp_path, pages=tmp_path)
    write_article(tmp_path, 1, "g1", nights={"2": {"answer": "500"}})
    with pytest.raises(ValueError, match=r"1\.json"):
        Replica(articles=tmp_path, pages=tmp_path)


def test_an_empty_site_answers(tmp_path: Path) -> None:
    with Replica(articles=tmp_path, pages=tmp_path) as replica:
        assert replica.article_ids() == []
        for target in ("/", "/rss/english_edition/", "/arti/english_edition/e_national"):
            assert get(replica, target).status == 200


def test_command_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jobs.replica.__main__.wait_for_ever", interrupted)
    assert main(["--night", "2", "--articles", str(tmp_path), "--pages", str(tmp_path)]) == 0
    assert re.fullmatch(r"night 2: 0 articles at http://127\.0\.0\.1:\d+\n", capsys.readouterr().out)


def test_command_line_with_an_outage(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Replica] = []
    enter = Replica.__enter__

    def entered(replica: Replica) -> Replica:
        served.append(replica)
        return enter(replica)

    def interrupted() -> None:
        assert served[0].outage == Outage(0.25, "deleted")
        raise KeyboardInterrupt

    monkeypatch.setattr(Replica, "__enter__", entered)
    monkeypatch.setattr("jobs.replica.__main__.wait_for_ever", interrupted)
    assert main(["--night", "7", "--outage", "0.25:deleted"]) == 0
    assert capsys.readouterr().out.startswith("night 7: 85 articles at ")
    for wrong in ("2:404", "0.5:teapot", "0.5", "half:404"):
        with pytest.raises(SystemExit):
            main(["--outage", wrong])
        assert f"'{wrong}' is no SHARE:ANSWER: " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--night", "9"])
