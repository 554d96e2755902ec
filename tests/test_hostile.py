"""A hostile site, end to end: the command runs against a server that lies, and every connection it tries is known."""

import contextlib
import gzip
import json
import re
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from crawler.fetching import MAX_HEADERS, MOST_HEADERS, folded
from tests.conftest import ROOT, Ran, one, rows, run_hani
from tests.hostile import PROSE, HostileServer, Trap, Watch, answer, page

SITE = {"www.hani.co.kr", "english.hani.co.kr"}
QUICK = '[crawl]\ncontact = "tests@library.example"\ntimeout = 1\ndelay = 0\n'
SECTION = "/arti/english_edition/e_national"
FEED = "/rss/english_edition/"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    hostile = HostileServer()
    yield hostile
    hostile.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    waiting = Trap()
    yield waiting
    waiting.close()
    assert waiting.visitors == []


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    (tmp_path / "hani.toml").write_text(QUICK)
    return Watch(tmp_path, ROOT)


def run(watch: Watch, *arguments: str, **environment: str) -> Ran:
    folder = watch.log.parent
    ran = run_hani(folder / "archive.db", folder, *arguments, **watch.environment, **environment)
    assert "Traceback" not in ran.err, ran.err
    return ran


def against(server: HostileServer, watch: Watch, *arguments: str, **environment: str) -> Ran:
    """A run against the server, which must be all that it connected to."""
    ran = run(watch, *arguments, "--origin", server.origin, "--json", **environment)
    assert watch.connections == {("127.0.0.1", server.port)}
    assert {host for host, _ in server.asked} <= SITE
    return ran


def path(number: int) -> str:
    return f"{SECTION}/{number}.html"


def address(number: int) -> str:
    return f"https://www.hani.co.kr{path(number)}"


def captures(watch: Watch) -> dict[int, dict[str, Any]]:
    found = rows(watch.log.parent / "archive.db", "select * from captures order by article_id")
    return {row["article_id"]: row for row in found}


# --- where it leads --------------------------------------------------------------------------------------------------

ELSEWHERE = [
    "http://127.0.0.1:{trap}/",
    "http://localhost:{trap}{path}",
    "http://127.1:{trap}{path}",
    "http://2130706433:{trap}{path}",
    "http://0x7f000001:{trap}{path}",
    "http://0177.0.0.1:{trap}{path}",
    "http://[::1]:{trap}{path}",
    "http://[::ffff:127.0.0.1]:{trap}{path}",
    "http://[fe80::1%25lo]:{trap}{path}",
    "http://169.254.169.254/latest/meta-data/",
    "//127.0.0.1:{trap}{path}",
    "///127.0.0.1:{trap}{path}",
    "\\\\127.0.0.1:{trap}{path}",
    "https:127.0.0.1:{trap}{path}",
    "https:/127.0.0.1:{trap}{path}",
    "http://www.hani.co.kr:{trap}{path}",
    "https://www.hani.co.kr@127.0.0.1:{trap}{path}",
    "https://www.hani.co.kr:443@127.0.0.1:{trap}{path}",
    "https://www.hani.co.kr%40127.0.0.1:{trap}{path}",
    "https://user:secret@www.hani.co.kr{path}",
    "https://@www.hani.co.kr{path}",
    "https://www.hani.co.kr\\@127.0.0.1:{trap}{path}",
    "https://127.0.0.1:{trap}\\@www.hani.co.kr{path}",
    "https://127.0.0.1:{trap}#@www.hani.co.kr{path}",
    "https://127.0.0.1:{trap}?@www.hani.co.kr{path}",
    "https://www.hani.co.kr.127.0.0.1.nip.example:{trap}{path}",
    "https://www.hani.co.kr..{path}",
    "https://www.hani.co.kr.evil.example{path}",
    "https://evil.example/www.hani.co.kr{path}",
    "https://www\t.hani.co.kr.evil.example{path}",
    "https://www%2Ehani.co.kr{path}",
    "https://www.hani.co.kr%00.evil.example{path}",
    "https://www.hani.co.kr%2eevil.example{path}",
    "https://www.h\u00e4ni.co.kr{path}",
    "https://xn--www-hni-9of.co.kr{path}",
    "https://www.hani.co.kr:0{path}",
    "https://www.hani.co.kr:8443{path}",
    "https://www.hani.co.kr:99999{path}",
    "https://[www.hani.co.kr]{path}",
    "https://[{path}",
    "https://",
    "https://:443{path}",
    "file:///etc/passwd",
    "file://www.hani.co.kr/etc/passwd",
    "ftp://www.hani.co.kr{path}",
    "gopher://127.0.0.1:{trap}/x",
    "data:text/html,<h1>hello</h1>",
    "javascript:alert(1)",
    "ws://www.hani.co.kr{path}",
    "x" * 9000 + "://127.0.0.1:{trap}/",
]
STATUSES = ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")


def test_no_redirect_leads_off_the_site(server: HostileServer, trap: Trap, watch: Watch) -> None:
    asked = {}
    for number, place in enumerate([*ELSEWHERE, *ELSEWHERE[:1] * len(STATUSES)], 1000):
        asked[number] = place.replace("{trap}", str(trap.port)).replace("{path}", path(number))
        status = STATUSES[number % len(STATUSES)]
        server.sends[path(number)] = answer(status=status, headers=[f"Location: {asked[number]}"])
    ran = against(server, watch, "recrawl", *map(address, asked))
    assert ran.code == 0 and ran.data["addresses"] == len(asked)
    found = captures(watch)
    # What names no host is a path on the host that answered, which is asked for it, and has nothing there.
    hostless = [place for place in asked.values() if re.match(r"x{9}|\\\\|https:(?:/?1|//$)|///", place)]
    assert [asked[n] for n, row in found.items() if row["outcome"] != "off_site"] == hostless
    assert all(row["outcome"] in ("off_site", "gone", "failed") for row in found.values())
    assert max(len(row["redirects"]) for row in found.values()) < 5000
    assert rows(watch.log.parent / "archive.db", "select * from articles") == []


def test_refresh_is_no_redirect(server: HostileServer, trap: Trap, watch: Watch) -> None:
    target = f"http://127.0.0.1:{trap.port}/"
    refresh = f'<meta http-equiv="refresh" content="0; url={target}">'
    server.sends[path(1)] = answer(page(head=refresh), headers=[f"Refresh: 0; url={target}"])
    server.sends[path(2)] = answer(f"<html><head>{refresh}</head><body></body></html>".encode())
    ran = against(server, watch, "recrawl", address(1), address(2))
    assert ran.data["outcomes"]["new"] == 1 and ran.data["outcomes"]["gone"] == 1


def test_a_robots_txt_that_leads_off_the_site_is_none(server: HostileServer, trap: Trap, watch: Watch) -> None:
    server.sends["/robots.txt"] = answer(
        status="302 Found", headers=[f"Location: http://127.0.0.1:{trap.port}/robots.txt"]
    )
    server.sends[path(1)] = answer(page())
    ran = against(server, watch, "recrawl", address(1))
    assert ran.code == 3 and "robots.txt" in ran.sentence
    assert [target for _, target in server.asked] == ["/robots.txt"]


def test_only_articles_of_the_site_are_taken_from_feeds_and_lists(
    server: HostileServer, trap: Trap, watch: Watch
) -> None:
    evil = f"http://127.0.0.1:{trap.port}"
    places = [place.replace("{trap}", str(trap.port)).replace("{path}", path(7)) for place in ELSEWHERE]
    places = [place for place in places if re.match(r"[a-z]+:|//", place) and not place.startswith("https:/1")]
    entries = "".join(f"<item><link><![CDATA[{place}]]></link></item>" for place in [*places, address(5)])
    external = f'<!DOCTYPE rss [<!ENTITY e SYSTEM "{evil}/e"><!ENTITY % p SYSTEM "{evil}/p"> %p;]>'
    server.sends[FEED] = answer(
        f'<?xml version="1.0"?><?xml-stylesheet href="{evil}/x.xsl"?>{external}'
        f'<rss xmlns:xi="http://www.w3.org/2001/XInclude"><channel><image><url>{evil}/i.png</url></image>'
        f'<xi:include href="{evil}/inc"/><title>&e;</title>{entries}</channel></rss>'.encode()
    )
    links = "".join(f'<li class="ArticleList_item"><a href="{place}">x</a></li>' for place in [*places, address(6)])
    data = {"props": {"pageProps": {"list": [{"url": place, "title": "x"} for place in places]}}}
    server.sends[f"{SECTION}?page=1"] = answer(
        f'<html><head><base href="{evil}/"></head><body><ul>{links}</ul><img src="{evil}/i.png">'
        f'<script id="__NEXT_DATA__">{json.dumps(data)}</script></body></html>'.encode()
    )
    server.sends["/robots.txt"] = answer(f"User-agent: *\nAllow: /\nSitemap: {evil}/sitemap.xml\n".encode())
    picture = f'<img src="{evil}/imgdb/original/2023/0609/1.jpg"><link rel="stylesheet" href="{evil}/x.css">{PROSE}'
    for number in (5, 6):
        server.sends[path(number)] = answer(page(body=picture))
    ran = against(server, watch, "nightly")
    assert ran.code == 0 and ran.data["outcomes"]["new"] == 2
    assert {row["article_id"] for row in captures(watch).values()} == {5, 6}
    assert {host for host, _ in server.asked} == SITE


@pytest.mark.parametrize(
    "given",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:{trap}{path}",
        "http://2130706433:{trap}{path}",
        "http://[::1]:{trap}{path}",
        "https://www.hani.co.kr@127.0.0.1:{trap}{path}",
        "https://www.hani.co.kr\\@127.0.0.1:{trap}{path}",
        "https://127.0.0.1:{trap}\\@www.hani.co.kr{path}",
        "https://www.hani.co.kr:{trap}{path}",
        "https://www.hani.co.kr.evil.example{path}",
        "https://www.h\u0430ni.co.kr{path}",
        "https://www.hani.co.\u212ar{path}",
        "https://www\uff0ehani\uff0eco\uff0ekr{path}",
        "https://www\u3002hani\u3002co\u3002kr{path}",
        "https://www%2ehani.co.kr{path}",
        "https://web.archive.org/web/20230609000000/http://127.0.0.1:{trap}{path}",
        "https%3A%2F%2F127.0.0.1%3A{trap}{path}",
        "file:///etc/passwd",
        "file://www.hani.co.kr{path}",
        "//127.0.0.1:{trap}{path}",
        "gopher://www.hani.co.kr{path}",
        "https://www.hani.co.kr/arti/english_edition/%1b%5B31m/1.html",
        "\x1b[31mhttps://evil.example\u202e",
    ],
)
def test_an_address_by_hand_leads_nowhere_else(trap: Trap, watch: Watch, given: str) -> None:
    ran = run(watch, "recrawl", given.replace("{trap}", str(trap.port)).replace("{path}", path(1)))
    assert ran.code == 2 and ran.out == ""
    assert len(ran.err.strip().splitlines()) == 1 and ran.err.strip().isprintable()
    assert watch.connections == set() and watch.names == set()


def proxies(trap: Trap) -> dict[str, str]:
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: f"http://user:secret@127.0.0.1:{trap.port}" for name in names} | {"no_proxy": "", "NO_PROXY": ""}


def test_without_an_origin_only_the_two_hosts_are_looked_up(trap: Trap, watch: Watch) -> None:
    ran = run(watch, "nightly", "--json", HANI_NO_NAMES="1", **proxies(trap))
    assert ran.code == 3
    assert watch.names == SITE and watch.connections == set()


def test_neither_a_proxy_nor_a_netrc_is_heeded(server: HostileServer, trap: Trap, watch: Watch) -> None:
    home = watch.log.parent
    (home / ".netrc").write_text("default login somebody password secret\n")
    server.sends[path(1)] = answer(page())
    ran = against(server, watch, "recrawl", address(1), HOME=str(home), **proxies(trap))
    assert ran.code == 0 and ran.data["outcomes"]["new"] == 1
    assert not any(b"authorization" in head.lower() for head in server.heads)


# --- how much it may send --------------------------------------------------------------------------------------------

BLANKS = b" " * (64 << 20)


def endless(start: bytes, again: bytes) -> Any:
    def send(connection: socket.socket) -> None:
        connection.sendall(start)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(again)

    return send


def dripping(start: bytes, drip: bytes) -> Any:
    def send(connection: socket.socket) -> None:
        connection.sendall(start)
        with contextlib.suppress(OSError):
            for _ in range(600):
                time.sleep(0.1)
                connection.sendall(drip)

    return send


def encoded(body: bytes, encoding: str) -> bytes:
    return answer(body, headers=[f"Content-Encoding: {encoding}", "Content-Type: text/html"])


LONG = page(body="".join(f"<p>Paragraph {n} of the county's plan, {n * n * 7919} won.</p>" for n in range(4000)))


def half(body: bytes) -> bytes:
    return body[: len(body) // 2]


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIPPED = gzip.compress(BLANKS, 9)
TOO_MUCH: dict[str, tuple[Any, str]] = {
    "a length that is not true": (answer(page(), length=10**6), "broke off"),
    "a length that is no number": (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx", "connection failed"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "connection failed"),
    "a length of ten gigabytes": (answer(b"x", length=10**10), "larger than"),
    "a body without end": (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"<p>more</p>" * 6000), "larger than"),
    "chunks without end": (endless(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"), "larger than"),
    "a chunk of any size": (endless(CHUNKED + b"f" * 15 + b"\r\n", b"x" * 65536), "larger than"),
    "a chunk's length without end": (endless(CHUNKED, b"0" * 65536), ""),
    "trailers without end": (endless(CHUNKED + b"0\r\n", b"a: b\r\n" * 9000), ""),
    "a gzip bomb": (encoded(GZIPPED, "gzip"), "DOWNLOAD_MAXSIZE"),
    "a gzip bomb in gzip": (encoded(gzip.compress(GZIPPED), "gzip, gzip"), "DOWNLOAD_MAXSIZE"),
    "a gzip bomb of many members": (encoded(gzip.compress(BLANKS[: 1 << 20]) * 64, "gzip"), "DOWNLOAD_MAXSIZE"),
    "a deflate bomb": (encoded(zlib.compress(BLANKS, 9), "deflate"), "DOWNLOAD_MAXSIZE"),
    "a brotli bomb": (encoded(brotli.compress(BLANKS, quality=5), "br"), "DOWNLOAD_MAXSIZE"),
    "a zstd bomb": (encoded(zstandard.compress(BLANKS), "zstd"), "DOWNLOAD_MAXSIZE"),
    "half of a gzip": (encoded(half(gzip.compress(LONG)), "gzip"), "ends too early"),
    "half of a second gzip": (encoded(gzip.compress(LONG) + half(gzip.compress(LONG)), "gzip"), "ends too early"),
    "a gzip that is damaged": (encoded(gzip.compress(LONG)[:-8] + bytes(8), "gzip"), "ends too early"),
    "half of a deflate": (encoded(half(zlib.compress(LONG)), "deflate"), "ends too early"),
    "half of a bare deflate": (encoded(half(zlib.compress(LONG)[2:-4]), "deflate"), "ends too early"),
    "half of a brotli": (encoded(half(brotli.compress(LONG)), "br"), "ends too early"),
    "half of a zstd": (encoded(half(zstandard.compress(LONG)), "zstd"), "ends too early"),
    "bombs in a row": (encoded(zstandard.compress(zstandard.compress(BLANKS)), "zstd, zstd"), "DOWNLOAD_MAXSIZE"),
    "a header line of a megabyte": (answer(page(), headers=["X: " + "x" * (1 << 20)]), "connection failed"),
    "a status line of a megabyte": (b"HTTP/1.1 200 " + b"O" * (1 << 20) + b"\r\n\r\n", "connection failed"),
    "headers without end": (
        endless(b"HTTP/1.1 200 OK\r\n", b"Set-Cookie: a=b; Path=/\r\n" * 2000),
        "connection failed",
    ),
    "a folded header without end": (endless(b"HTTP/1.1 200 OK\r\nX: a\r\n", b" b\r\n" * 9000), "connection failed"),
    "interim answers without end": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000), "connection failed"),
    "no status line": (b"\x00\xff\xfe rubbish\r\n\r\n" * 10, "connection failed"),
    "a status that is no number": (b"HTTP/1.1 abc OK\r\n\r\n", "connection failed"),
    "a version that is none": (b"ICY/x.y 200 OK\r\n\r\n", "connection failed"),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "connection failed"),
    "nothing": (b"", "connection failed"),
    "a body in drips": (dripping(answer(b"", length=5000), b"x"), "no answer within 1 seconds"),
    "headers in drips": (dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "no answer within 1 seconds"),
    "a status line in drips": (dripping(b"HTTP/1.1 200 ", b"O"), "no answer within 1 seconds"),
}
MEGABYTES = 400  # of memory, measured: 130 at start, 190 with all of the above


def test_every_answer_is_bounded_and_fails_its_own_address_alone(server: HostileServer, watch: Watch) -> None:
    numbers = dict(enumerate(TOO_MUCH, 1))
    for number, name in numbers.items():
        server.sends[path(number)] = TOO_MUCH[name][0]
    server.sends[path(999)] = answer(page())
    ran = against(server, watch, "recrawl", *map(address, [*numbers, 999]))
    found = captures(watch)
    assert {numbers[n]: row["outcome"] for n, row in found.items() if n in numbers} == dict.fromkeys(TOO_MUCH, "failed")
    assert {name: found[n]["error"] for n, name in numbers.items() if TOO_MUCH[name][1] not in found[n]["error"]} == {}
    assert found[999]["outcome"] == "ok" and ran.code == 6
    assert all(row["payload_digest"] is None for n, row in found.items() if n in numbers)
    assert max(len(row["error"] or "") for row in found.values()) <= 300
    assert watch.peak < MEGABYTES


def test_a_whole_body_is_taken_however_it_is_packed(server: HostileServer, watch: Watch) -> None:
    packed = {
        "gzip": [gzip.compress(page()), gzip.compress(page()) + b"\0" * 20, gzip.compress(b"") + gzip.compress(page())],
        "deflate": [zlib.compress(page()), zlib.compress(page())[2:-4]],
        "br": [brotli.compress(page())],
        "zstd": [zstandard.compress(page())],
        "gzip, br": [brotli.compress(gzip.compress(page()))],
    }
    bodies = [encoded(body, encoding) for encoding, those in packed.items() for body in those]
    for number, sent in enumerate(bodies, 1):
        server.sends[path(number)] = sent
    ran = against(server, watch, "recrawl", *(address(number) for number in range(1, len(bodies) + 1)))
    assert ran.code == 0 and ran.data["outcomes"]["new"] == len(bodies) == 8


def test_headers_are_cut_before_they_are_kept(server: HostileServer, watch: Watch) -> None:
    flood = [f"Set-Cookie: c{n}={'x' * 40}" for n in range(2000)] + [f"X-{n}: {n}" for n in range(500)]
    server.sends[path(1)] = answer(page(), headers=[*flood, 'ETag: "v1"', "Last-Modified: now"])
    server.sends[path(2)] = answer(page(), headers=[f"ETag: {'e' * 9000}"])
    against(server, watch, "recrawl", address(1), address(2))
    first, second = captures(watch).values()
    assert first["outcome"] == "ok" and first["etag"] == '"v1"'
    assert len(json.loads(first["headers"])) <= MOST_HEADERS and len(first["headers"]) < 2 * MAX_HEADERS
    assert len(second["etag"]) <= 4096


def test_a_flood_of_headers_leaves_those_that_the_crawl_needs() -> None:
    flood = [(f"x-{n}".encode(), [b"y" * 400]) for n in range(500)]
    kept = folded([*flood, (b"Location", [b"/a"]), (b"Set-Cookie", [b"a=1", b"b=2"])])
    assert kept["location"] == "/a" and sum(len(n) + len(v) for n, v in kept.items()) <= MAX_HEADERS
    assert folded([(b"Set-Cookie", [b"a=1", b"b=2"])]) == {"set-cookie": "a=1, b=2"}


def test_a_redirect_chain_ends(server: HostileServer, watch: Watch) -> None:
    for number in range(100):
        target = f"https://english.hani.co.kr/arti/english_edition/e_national/1.html?{number + 1}"
        own = path(1) if number == 0 else f"{path(1)}?{number}"
        server.sends[own] = answer(status="302 Found", headers=[f"Location: {target}"])
    against(server, watch, "recrawl", address(1))
    assert captures(watch)[1]["outcome"] == "failed" and "without end" in captures(watch)[1]["error"]
    assert len([target for _, target in server.asked if target != "/robots.txt"]) == 6


@pytest.mark.parametrize(
    "rest", ["31536000", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 9999 00:00:00 +2359"]
)
def test_a_rest_of_a_year_ends_the_run(server: HostileServer, watch: Watch, rest: str) -> None:
    server.sends[path(2)] = answer(status="429 Too Many", headers=[f"Retry-After: {rest}"])
    server.sends[path(1)] = answer(page())
    ran = against(server, watch, "recrawl", address(1), address(2))
    assert ran.data["outcomes"]["left_over"] == 1 and (("www.hani.co.kr", path(1)) not in server.asked)


@pytest.mark.parametrize("delay", ["nan", "inf", "1e999", "-1", "1e300", "99999999999"])
def test_no_crawl_delay_makes_a_run_hang(server: HostileServer, watch: Watch, delay: str) -> None:
    server.sends["/robots.txt"] = answer(f"User-agent: *\nCrawl-delay: {delay}\n".encode())
    server.sends[path(1)] = answer(page())
    outcomes = against(server, watch, "recrawl", address(1)).data["outcomes"]
    assert outcomes["new"] + outcomes["left_over"] == 1


def test_a_runs_minutes_hold_amid_an_answer_that_never_comes(server: HostileServer, watch: Watch) -> None:
    (watch.log.parent / "hani.toml").write_text(QUICK.replace("timeout = 1", "timeout = 3600"))
    server.sends[path(2)] = lambda connection: time.sleep(300)
    ran = against(server, watch, "recrawl", address(1), address(2), "--max-minutes", "0.05")
    assert ran.data["outcomes"]["left_over"] == 2 and ran.data["status"] == "done"


def test_an_outsized_page_is_kept_and_refused_and_the_good_version_stands(server: HostileServer, watch: Watch) -> None:
    archive = watch.log.parent / "archive.db"
    server.sends[path(1)] = answer(page())
    against(server, watch, "recrawl", address(1))
    before = rows(archive, "select * from versions")
    for body in (page(body="<p>x" * 40_000), page(body="<div>" * 300 + PROSE), page(body=PROSE * 30_000), b"\x00" * 99):
        server.sends[path(1)] = answer(body)
        ran = against(server, watch, "recrawl", "--force", address(1))
        assert ran.data["outcomes"]["refused"] == 1 and "not a page" in ran.data["notable"][0]["reason"]
    assert rows(archive, "select * from versions") == before
    assert one(archive, "select count(*) from payloads") == 5
