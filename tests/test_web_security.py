"""The served site against hostile content and hostile requests, asked over HTTP."""

import json
import re
import sqlite3
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from archive.display.links import newspapers
from archive.web.compatibility import NEXT
from archive.web.headers import POLICY
from archive.web.ready import Offer
from tests.conftest import one, rows
from tests.hostile_articles import (
    ADDRESSES,
    ALL,
    FIRST_OF_SECTIONS,
    GONE,
    LONG_PARAGRAPH,
    LONG_TITLE,
    MANY_PARAGRAPHS,
    PLAIN,
    SECTIONS,
    TRICKS,
    hostile_archive,
)
from tests.reading import Served, serving

QUERY = "/hostile/-/query" if NEXT else "/hostile"  # where a question is asked
READY, WITH_SQL, WITH_PAYLOADS = (
    {"settings": offer.settings, "plugin": offer.plugin} for offer in (Offer(), Offer(sql=True), Offer(payloads=True))
)
ARTICLES = (
    ALL,
    LONG_TITLE,
    LONG_PARAGRAPH,
    MANY_PARAGRAPHS,
    GONE,
    *range(PLAIN, PLAIN + len(ADDRESSES)),
    *range(FIRST_OF_SECTIONS, FIRST_OF_SECTIONS + len(SECTIONS)),
)
OURS = (
    "/",
    "/-/hani/changes",
    "/-/hani/changes?sort=largest",
    "/-/hani/removed",
    "/-/hani/search?q=window",
    "/-/hani/search?q=window&in=versions",
    "/-/hani/feeds",
    "/-/hani/health",
    "/-/hani/authors",
    "/-/hani/sections",
    "/-/hani/day",
    "/-/hani/day?day=%3Cscript%3E",
    "/-/hani/day/2026-11-22",
    "/-/hani/day/2023-06-09",
    *(f"/-/hani/authors?part={quote(trick)}" for trick in TRICKS[:4]),
    *(f"/-/hani/author?name={quote(trick)}&year={quote(trick)}" for trick in TRICKS),
    *(
        f"/-/hani/section/{quote(section, safe='')}?month={quote(section)}"
        for section in SECTIONS
        if "\n" not in section
    ),
    *(f"/-/hani/article/{number}" for number in ARTICLES),
    *(f"/-/hani/article/{number}/compare" for number in (ALL, LONG_TITLE, LONG_PARAGRAPH, MANY_PARAGRAPHS)),
    *(f"/-/hani/article/{number}/compare?view=side" for number in (ALL, LONG_PARAGRAPH)),
    f"/-/hani/article/{ALL}/compare?from=1&to=3",
    *(f"/-/hani/search?q={quote(trick)}" for trick in TRICKS),
    *(f"/-/hani/changes?section={quote(section)}&from={quote(section)}&kind={quote(section)}" for section in SECTIONS),
)
TABLES = (
    "articles",
    "versions",
    "changes",
    "captures",
    "tombstones",
    "authors",
    "images",
    "records",
    "readings",
    "fills",
)
THEIRS = (
    "/hostile",
    *(f"/hostile/{table}" for table in TABLES),
    f"/hostile/articles/{ALL}",
    f"/hostile/articles/{GONE}",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_archive(tmp_path_factory.mktemp("hostile") / "hostile.db")


@pytest.fixture(scope="module")
def served(hostile: Path) -> Iterator[Served]:
    with serving(hostile, **READY) as server:
        yield server


class Seen(HTMLParser):
    """What a browser would make of a page, as far as it may do harm."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str | None] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.tags: set[str] = set()
        self.styles = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.add(tag)
        self.handlers += [f"{tag} {name}" for name in told if name.startswith("on")]
        self.styles += "style" in told
        self.addresses += [told[name] or "" for name in ("href", "src", "action", "xlink:href", "data") if name in told]
        if tag == "script":
            self.scripts.append(told.get("src"))


# --- content ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", OURS)
def test_our_pages_show_hostile_words_as_words(served: Served, path: str) -> None:
    answer = served.get(path)
    assert answer.status_code in (200, 404) and answer.headers["content-security-policy"] == POLICY
    page = Seen(answer.text)
    assert [src for src in page.scripts if not src or not src.startswith("/-/static-plugins/hani/")] == []
    assert (page.handlers, page.styles) == ([], 0)
    assert page.tags.isdisjoint(
        {"img", "iframe", "object", "embed", "base", "style", "math", "foreignobject", "animate"}
    )
    assert [found for found in page.addresses if not re.match(r"/(?!/)|#|\?|https?://", found)] == []
    assert "50337" not in answer.text  # what a template would make of {{ 7191 * 7 }}


@pytest.mark.parametrize("path", OURS)
def test_our_pages_hold_nothing_that_steers(served: Served, path: str) -> None:
    text = served.get(path).text
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", text) == []


@pytest.mark.parametrize("path", THEIRS)
def test_datasettes_own_pages_link_to_the_web_alone_and_run_nothing_of_an_archives(served: Served, path: str) -> None:
    answer = served.get(path)
    assert answer.status_code == 200 and answer.headers["content-security-policy"] == POLICY
    page = Seen(answer.text)
    assert set(page.handlers) <= ({"button onclick"} if NEXT else set())  # one of its own, which the policy stops
    assert all(src.startswith(("/-/static/", "/-/static-plugins/hani/datasette.js")) for src in page.scripts if src)
    assert [found for found in page.addresses if re.match(r"\s*(javascript|data|vbscript):", found, re.I)] == []
    assert "window.hacked" not in "".join(re.findall(r"<script>(.*?)</script>", answer.text, re.S))


def test_a_page_of_a_table_stays_small_whatever_an_article_is_called(served: Served) -> None:
    sizes = {table: len(served.get(f"/hostile/{table}").content) for table in TABLES}
    assert max(sizes.values()) < (1_500_000 if NEXT else 500_000), sizes  # 1.0 says a title a second time, whole


def test_links_out_of_an_article_are_of_the_web_and_carry_no_referrer(served: Served) -> None:
    for number in ARTICLES:
        text = served.get(f"/-/hani/article/{number}").text
        links = re.findall(r'<a [^>]*rel="noreferrer noopener external"[^>]*>', text)
        assert all(re.match(r'<a href="https?://(english|www)\.hani\.co\.kr/[^"&<> ]*" ', link) for link in links), (
            links
        )


@pytest.mark.parametrize(
    "text",
    [
        *ADDRESSES,
        "https://evil.example/",
        "https://www.hani.co.kr.evil.example/",
        "https://evilhani.co.kr/",
        "https://www.hani.co.kr@evil.example/",
        "https://www.hani.co.kr:443@evil.example/",
        "https://www.hani.co.kr\\@evil.example/",
        "https://evil.example/#.hani.co.kr",
        "HTTPS://www.hani.co.kr/",
        "https://www.hani.co.kr/ x",
        "https://www.hani.co.kr/\n",
        "https://www.hani.co.kr/" + "a" * 2000,
        "",
        None,
    ],
)
def test_what_is_no_address_of_the_newspaper_is_no_link(text: str | None) -> None:
    assert newspapers(text) is None


def test_what_is_one_is_a_link() -> None:
    for text in (
        "https://www.hani.co.kr/arti/politics/defense/1095276.html",
        "http://english.hani.co.kr/arti/english_edition/e_national/868317.html?x=1&y=%20#top",
        "https://hani.co.kr",
    ):
        assert newspapers(text) == text


# --- headers and methods ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/-/hani/changes",
        "/hostile",
        "/hostile/articles",
        "/hostile/articles.json",
        "/hostile/articles.csv",
        f"/hostile/articles/{ALL}.json",
        "/-/static-plugins/hani/hani.css",
        "/-/static/app.css",
        "/robots.txt",
        "/favicon.ico",
        "/nothing/here",
        "/-/hani/nothing",
        "/-/threads",
        "/hostile/payloads",
        "/%00",
        "/-/hani/article/1",
        "/hostile/articles?_sort=nothing",
    ],
)
def test_every_answer_has_the_headers(served: Served, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        headers = served.get(path, method=method).headers
        policy = headers.get_list("content-security-policy")
        assert len(policy) == 1 and "unsafe" not in policy[0] and "*" not in policy[0], path
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert "set-cookie" not in headers


def test_the_policy_lets_no_inline_script_run_and_nothing_come_from_elsewhere() -> None:
    told = dict(part.partition(" ")[::2] for part in POLICY.split("; "))
    assert told["default-src"] == "'none'" and told["script-src"] == "'self'" and told["style-src"] == "'self'"
    assert told["base-uri"] == "'none'" and told["frame-ancestors"] == "'none'" and told["form-action"] == "'self'"
    assert "object-src" not in told and "frame-src" not in told  # so default-src holds


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/-/hani/changes", "/hostile", "/hostile/articles", "/-/messages", "/-/logout"])
def test_nothing_can_be_sent(served: Served, method: str, path: str) -> None:
    answer = served.get(path, method=method)
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD"
    assert "This archive is only read" in answer.text


@pytest.mark.parametrize("path", ["/", "/-/hani/changes", "/-/hani/article/9001", "/hostile/articles", "/robots.txt"])
def test_head_is_answered_as_get(served: Served, path: str) -> None:
    asked, got = served.get(path, method="HEAD"), served.get(path)
    assert asked.status_code == got.status_code == 200
    assert asked.headers["content-type"] == got.headers["content-type"]


def test_robots_are_told_in_three_ways_to_stay_away_unless_they_may_come(hostile: Path, served: Served) -> None:
    assert served.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert '<meta name="robots" content="noindex, nofollow, noarchive">' in served.get("/").text
    with serving(hostile, plugin={"indexed": True}) as open_to_robots:
        assert open_to_robots.get("/robots.txt").text == "User-agent: *\nDisallow:\n"
        answer = open_to_robots.get("/")
        assert "noindex" not in answer.text and "x-robots-tag" not in answer.headers


# --- strange requests ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/%00", 400),
        ("/-/hani/article/1%00", 400),
        ("/%0d%0aSet-Cookie:%20x=1", 400),
        ("/%ff%fe", 400),
        ("/%c0%ae%c0%ae/", 400),
        ("//evil.example/", 400),
        ("//evil.example", 400),
        ("/%5Cevil.example/", 400),
        ("/..%2f..%2fetc%2fpasswd", 302),
        ("/-/static-plugins/hani/..%2fhooks.py", 404),
        ("/-/static-plugins/hani/%2e%2e/hooks.py", 404),
        ("/-/static/..%2fapp.py", 404),
        ("/-/hani/article/0", 404),
        ("/-/hani/article/-1", 404),
        ("/-/hani/article/999999999999", 404),
        ("/-/hani/article/99999999999999999999", 404),
        ("/-/hani/article/%D9%A1", 404),
        ("/-/hani/version/x", 404),
        ("/-/hani/version/9001@%3Cscript%3E", 404),
        ("/-/hani/version/9001@%2F..%2F", 404),
        ("/-/hani/nothing", 404),
        ("/-/hani/nothing%2Fat%2Fall", 404),
        ("/" + "a" * 9000, 414),
        ("/-/hani/search?q=" + "a" * 9000, 414),
        ("/-/hani/search?" + "q=a&" * 1500, 200),
        ("/-/hani/search?q=%ff%00", 200),
        ("/-/hani/changes?page=99999999999999999999", 200),
        ("/-/hani/changes?page=-1&least=nan&sort=x&kind=y", 200),
        ("/-/hani/changes?from=2026-02-30&to=%00", 200),
        ("/hostile/articles?_sort=body;drop", 400),
        ("/hostile/articles?_size=-1", 400),
        ("/hostile/articles?_size=99999999", 400),
        ("/hostile/articles?_next=%00", 200),
        ("/hostile/articles?_search=%22", 400),
        ("/hostile/articles?_searchmode=raw&_search=(((", 400),
        ("/hostile/articles?_through=x", 400),
        ("/hostile/articles?_through=%7B%22table%22:%22payloads%22%7D", 400),
        ("/hostile/articles?_col=nothing", 400),
        ("/hostile/articles.json?_shape=nothing", 400),
        ("/hostile/articles/nothing", 404),
        ("/hostile/nothing", 404),
        ("/nothing.json", 404),
    ],
)
def test_a_strange_address_gets_a_sentence(served: Served, path: str, status: int) -> None:
    answer = served.get(path)
    assert answer.status_code == status, answer.text[:500]
    if status >= 400 and not path.startswith("/-/static"):
        assert "<h1>" in answer.text or isinstance(json.loads(answer.text)["error"], str)
    assert "Traceback" not in answer.text and ".py" not in answer.text
    assert not answer.headers.get("location", "/x").startswith(("//", "/\\", "http"))


def test_one_who_asks_for_json_is_refused_in_json(served: Served) -> None:
    for path, status in (("/-/threads.json", 404), ("/nothing.json", 404), ("/hostile/payloads.json", 403)):
        answer = served.get(path)
        assert answer.status_code == status
        assert set(answer.json()) == {"ok", "status", "error"} and answer.json()["status"] == status


@pytest.mark.parametrize("cookie", ["a[=b", "ds_actor=x", "ds_messages=x", "a\tb=1; c", "=", ";" * 500])
def test_a_cookie_of_any_form_changes_nothing(served: Served, cookie: str) -> None:
    answer = served.get("/", {"cookie": cookie})
    assert answer.status_code == 200 and "set-cookie" not in answer.headers


# --- names of the server ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example/x",
        "a b",
        "evil.example:99999999",
        "<script>",
        "a@b",
        "x:y",
        "[::1",
        "[:::::]",
        "-",
    ],
)
def test_a_host_that_is_none_is_refused(served: Served, host: str) -> None:
    answer = served.get("/-/hani/article/9001", {"host": host})
    assert answer.status_code == 400 and "which server it is for" in answer.text


LEAVING = ["/-/hani/article/9001", "/-/hani/feed/edits.atom", "/hostile", *([] if NEXT else ["/hostile/articles.json"])]


@pytest.mark.parametrize("path", LEAVING)
def test_the_public_address_stands_in_all_that_leaves_the_site(hostile: Path, path: str) -> None:
    with serving(hostile, plugin={"public_url": "https://archive.example"}) as public:
        answer = public.get(path, {"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert answer.status_code == 200
    told = answer.text.replace("http://evil.example/", "")  # which the articles themselves speak of
    assert "https://archive.example" in told + str(answer.headers)
    assert "evil.example" not in str(answer.headers) and "//evil.example/-/" not in told


def test_who_is_served_for_this_machine_alone_answers_to_no_other_name(hostile: Path) -> None:
    with serving(hostile, plugin={"hosts": ["localhost", "127.0.0.1", "[::1]"]}) as local:
        for host in ("localhost", "LOCALHOST:8001", "127.0.0.1:8001", "[::1]:8001", "localhost."):
            assert local.get("/", {"host": host}).status_code == 200, host
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "archive.example:8001"):
            assert local.get("/", {"host": host}).status_code == 421, host
            assert local.get("/hostile/articles.json", {"host": host}).status_code == 421, host


def test_below_a_path_all_addresses_keep_it(hostile: Path) -> None:
    told = Offer(public_url="https://library.example/hani")
    with serving(hostile, plugin=told.plugin, settings=told.settings) as below:
        text = below.get("/").text  # the client adds the path
        assert 'href="/hani/-/hani/changes"' in text and 'href="/hani/hostile"' in text
        assert all(found.startswith(("/hani/", "#", "https://www.hani.co.kr/")) for found in Seen(text).addresses)
        article = below.get(f"/-/hani/article/{ALL}").text
        assert "https://library.example/hani/-/hani/version/" in article
        assert below.get("/-/threads").status_code == 404
        table = below.get("/hostile/articles").text
        assert 'src="/hani/-/static-plugins/hani/datasette.js"' in table
        assert below.get("/-/static-plugins/hani/datasette.js").status_code == 200


# --- what is not public ----------------------------------------------------------------------------------------------


INNER = (
    "threads",
    "databases",
    "plugins",
    "settings",
    "config",
    "metadata",
    "versions",
    "messages",
    "permissions",
    "allow-debug",
    "actor",
    "patterns",
    "logout",
    "auth-token",
)


@pytest.mark.parametrize("name", INNER)
def test_datasettes_pages_for_its_makers_are_not_for_readers(served: Served, hostile: Path, name: str) -> None:
    for path in (f"/-/{name}", f"/-/{name}.json", f"/-/{name}/", f"/-/{name}?x=1", f"/-/{name[0]}{quote(name[1:])}"):
        answer = served.get(path)
        assert answer.status_code == 404 and str(hostile.parent) not in answer.text, path


def test_no_page_says_where_the_file_is(served: Served, hostile: Path) -> None:
    for path in (
        "/",
        "/.json",
        "/hostile",
        "/hostile.json",
        "/hostile/articles.json",
        "/_internal",
        "/_memory",
        "/nothing",
    ):
        assert str(hostile.parent) not in served.get(path).text, path
    with serving(hostile, **WITH_SQL) as asked:
        for table in ("pragma_database_list", "sqlite_dbpage"):
            answer = asked.get(f"{QUERY}.json?sql=select+*+from+{table}")
            assert answer.status_code == 400 and str(hostile.parent) not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/hostile/payloads",
        "/hostile/payloads.json",
        "/hostile/payloads.csv?_stream=on",
        "/hostile/PAYLOADS",
        "/hostile/Payloads.json",
        "/hostile/payloads.json?_shape=array&_nl=on",
        "/hostile/payloads?_sort=body",
        "/hostile/payloads?_facet=body",
        "/hostile/payloads/DIGEST",
        "/hostile/payloads/DIGEST.json",
        "/hostile/payloads/DIGEST.blob?_blob_column=body",
        "/hostile/payloads.blob?_blob_column=body",
        "/hostile.db",
        "/_internal",
        "/_internal/databases",
        "/_internal/databases.json",
        "/_memory",
        "/_memory.json?sql=select+1",
        "/-/hani/payload/DIGEST",
    ],
)
def test_raw_pages_are_neither_shown_nor_handed_out(served: Served, hostile: Path, path: str) -> None:
    digest = one(hostile, "select min(digest) from payloads")
    assert served.get(path.replace("DIGEST", digest)).status_code in (403, 404)


def test_the_table_of_raw_pages_is_not_even_listed(served: Served) -> None:
    for path in ("/hostile", "/hostile.json"):
        assert '"/hostile/payloads"' not in served.get(path).text
        assert '"name": "payloads"' not in served.get(path).text


WAYS = (
    "select body from payloads",
    "select * from payloads",
    "select hex(body) from main.payloads",
    "select length(BODY) from PayLoads",
    "with p as (select * from payloads) select count(body) from p",
    "select group_concat(quote(body)) from payloads",
    "select 1 from payloads where body > x'00'",
    "select 1 from payloads order by body",
    "select c.id from captures c join payloads p on p.digest = c.payload_digest and p.body is not null",
    "select (select body from payloads limit 1)",
    "select max(body) over () from payloads",
    "select * from pragma_database_list",
    "select * from sqlite_dbpage",
    "select load_extension('x')",
    "select readfile('/etc/passwd')",
    "select fts3_tokenizer('x')",
)


@pytest.mark.parametrize("sql", WAYS)
def test_no_question_gets_at_raw_pages_where_any_may_be_asked(hostile: Path, sql: str) -> None:
    with serving(hostile, **WITH_SQL) as asked:
        for form in (".json", ""):
            answer = asked.get(f"{QUERY}{form}?sql={quote(sql)}")
            assert answer.status_code == 400 or (NEXT and not form), answer.text[:300]
            assert 'class="rows-and-columns"' not in answer.text
        answer = asked.get(f"{QUERY}.csv?sql={quote(sql)}")
        assert answer.status_code == 400 or answer.text == "\r\n"  # so 0.65 says nothing
        where = quote(f"id in ({sql})")
        assert asked.get(f"/hostile/articles.json?_where={where}").status_code == 400


@pytest.mark.parametrize(
    "sql",
    ["attach database '/etc/passwd' as x", "vacuum into 'x.db'", "drop table articles", "pragma database_list", ""],
)
def test_only_questions_can_be_asked(hostile: Path, sql: str) -> None:
    with serving(hostile, **WITH_SQL) as asked:
        answer = asked.get(f"{QUERY}.json?sql={quote(sql)}")
    assert answer.status_code == 400 or "rows" not in answer.json() or answer.json()["rows"] == []
    assert not (hostile.parent / "x.db").exists() and one(hostile, "select count(*) from articles") > 0


def test_a_question_that_never_ends_is_stopped_with_a_sentence(hostile: Path) -> None:
    endless = quote("with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c")
    with serving(hostile, settings=Offer(sql=True, sql_milliseconds=100).settings) as asked:
        for form in ("", ".json"):
            answer = asked.get(f"{QUERY}{form}?sql={endless}")
            assert answer.status_code == 400
            assert "took longer than 0.1 seconds" in answer.text or "Interrupted" in answer.text
        assert asked.get("/").status_code == 200


NOTHING = ([[None]], [{"printf('%.*c', 100000000, 'x')": None}])


def test_no_question_makes_a_value_of_any_size(hostile: Path) -> None:
    with serving(hostile, **WITH_SQL) as asked:
        for sql in (
            "select zeroblob(100000000)",
            "select printf('%.*c', 100000000, 'x')",
            "select randomblob(100000000)",
        ):
            answer = asked.get(f"{QUERY}.json?sql={quote(sql)}")
            assert "too big" in answer.text or answer.json()["rows"] in NOTHING, answer.text[:200]


def test_sql_is_off_unless_it_is_on(served: Served) -> None:
    for path in (f"{QUERY}?sql=select+1", f"{QUERY}.json?sql=select+1", "/hostile/articles.json?_where=1"):
        assert served.get(path).status_code == 403
    assert "<textarea" not in served.get("/hostile").text


# --- raw pages, switched on ------------------------------------------------------------------------------------------


def test_where_they_are_switched_on_raw_pages_are_files_that_do_nothing(hostile: Path) -> None:
    row = rows(hostile, f"select payload_digest as name from captures where article_id = {ALL} order by id limit 1")[0]
    with serving(hostile, **WITH_PAYLOADS) as open_to_all:
        answer = open_to_all.get(f"/-/hani/payload/{row['name']}")
        assert f'href="/-/hani/payload/{row["name"]}"' in open_to_all.get(f"/-/hani/article/{ALL}").text
        assert open_to_all.get(f"/-/hani/payload/{'0' * 64}").status_code == 404
        stored = open_to_all.get(f"/hostile/payloads/{row['name']}.blob?_blob_column=body")
    assert json.loads(answer.content)["title"].startswith("<script>window.hacked=1</script>")
    for found in (answer, stored):
        assert_inert(found)


def assert_inert(answer: httpx.Response) -> None:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_the_cleaner_made_of_a_page_is_a_file_that_does_nothing(served: Served, hostile: Path) -> None:
    digest = one(hostile, "select min(digest) from records")
    assert_inert(served.get(f"/hostile/records/{digest}.blob?_blob_column=record"))


def test_the_settings_are_as_safe_as_can_be_where_they_make_no_sense(hostile: Path) -> None:
    wrong = {"payloads": "yes", "indexed": 1, "public_url": "javascript:alert(1)", "hosts": "localhost"}
    with serving(hostile, plugin=wrong) as served:
        assert served.get("/hostile/payloads").status_code == 403
        answer = served.get("/-/hani/article/9001", {"host": "anywhere.example"})
        assert answer.headers["x-robots-tag"] and "javascript:alert" not in answer.text


def test_the_authorizer_alone_keeps_raw_pages(hostile: Path) -> None:
    from archive.web.following import Followed

    with serving(hostile, **READY) as served:
        served.get("/")
        (database,) = [one for one in served.datasette.databases.values() if isinstance(one, Followed)]
        connection = database.connect()
        served.datasette._prepare_connection(connection, database.name)
        with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
            connection.execute("select body from payloads")
        assert connection.execute("select count(*) from payloads").fetchone()[0] > 0
        connection.close()
