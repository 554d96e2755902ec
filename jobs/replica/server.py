"""The copy as a server: which address answers what, on which night, and how it misbehaves."""

import asyncio
import copy
import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime, formatdate, parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from math import ceil
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs

from jobs.replica import g1, g2, g3, lists, misbehaviour
from jobs.replica.misbehaviour import Misbehaviour
from jobs.replica.noise import Noise, Pool, Template
from jobs.replica.outage import Outage
from jobs.replica.relaunch import RELAUNCH, relaunched
from jobs.replica.site import ENGLISH_HOST, WWW_HOST, Article, Edition, Record, Site
from jobs.replica.wire import Answer, Asked, Connection

HTML = "text/html; charset=utf-8"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_ARTICLE = re.compile(r"/arti/english_edition/([^/]+)/(\d{1,12})\.html(/?)")
_OTHER_ARTICLE = re.compile(r"/arti/[^/]+(?:/[^/]+)?/(\d{1,12})\.html")
_OLD_LIST = re.compile(r"/arti/english_edition(?:/([A-Za-z0-9_-]+))?/list(\d{1,9})\.html")
_NEW_LIST = re.compile(r"/arti/english_edition(?:/([A-Za-z0-9_-]+))?/?")
_LOOP = "redirect-loop="


@dataclass(frozen=True)
class RobotsAnswer:
    """What /robots.txt answers."""

    status: int = 200
    body: str = ""


DEFAULT_ROBOTS = RobotsAnswer(
    200,
    "User-agent: *\nDisallow: /arti/PRINT/\nDisallow: /arti/PREVIEW/\nDisallow: /api/\n"
    "Disallow: /fortunes/result\nDisallow: /test/\n",
)


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was received; status is 0 where the connection was cut without an answer."""

    at: float
    method: str
    host: str
    target: str
    headers: dict[str, str]
    status: int


def _html(body: bytes | str, status: int = 200, charset: str = "utf-8") -> Answer:
    """An HTML answer."""
    data = body.encode() if isinstance(body, str) else body
    return Answer(status, [("Content-Type", f"text/html; charset={charset}")], data)


def _redirect(location: str, status: int = 301) -> Answer:
    """An answer that leads elsewhere."""
    words = HTTPStatus(status).phrase
    body = misbehaviour.error_page(status, words).encode()
    return Answer(status, [("Location", location), ("Content-Type", "text/html")], body)


def _accepts_gzip(asked: Asked) -> bool:
    """Whether the client takes gzip."""
    accepted = asked.headers.get("accept-encoding", "").lower()
    return "gzip" in accepted and "gzip;q=0" not in accepted.replace(" ", "")


class Replica:
    """The copy of the site. Within `with` it serves on 127.0.0.1; `night` and `outage` may be set at any time.

    A request's Host header says which of the two hosts is meant, as does a whole address in the
    request line. Asked by its own address (127.0.0.1) it answers as both hosts at once, without
    redirects between them, which suits a browser.
    """

    def __init__(
        self,
        night: int = 1,
        *,
        port: int = 0,
        articles: Path | None = None,
        pages: Path | None = None,
        log: bool = True,
    ) -> None:
        """Load the site; None means the bundled folders. `log=False` keeps no requests."""
        self.night = night
        self.requests: list[Request] = []
        # A key may end in "*": it then stands for all targets that begin with what is before it.
        self.misbehave: dict[str, list[Misbehaviour]] = {}
        self.dead_hosts: set[str] = set()
        self.outage: Outage | None = None
        self.robots: RobotsAnswer | dict[str, RobotsAnswer] = DEFAULT_ROBOTS
        self.page_size = lists.PAGE_SIZE
        # Redirects between the hosts are whole addresses, as the real ones are.
        self.scheme = "https"
        self._port = port
        self._log = log
        self._site = Site(articles, pages)
        self._noise = Noise()
        self._pools: dict[int, Pool] = {}
        self._templates: dict[tuple[object, ...], Template] = {}
        self._steady: dict[tuple[int, int], tuple[bytes, str]] = {}
        self._feeds: dict[int, bytes] = {}
        self._endless: set[str | None] = set()
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    # Life

    def start(self) -> None:
        """Begin to serve."""
        if self._thread is not None:
            return
        listening = socket.create_server(("127.0.0.1", self._port), backlog=512)
        self._socket = listening
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening, ready), daemon=True)
        self._thread.start()
        ready.wait()

    def close(self) -> None:
        """Cut all connections and stop."""
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None
        self._socket = None

    def __enter__(self) -> "Replica":
        """Serve while the block runs."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.close()

    @property
    def origin(self) -> str:
        """Where it serves: http://127.0.0.1:PORT."""
        if self._socket is None:
            raise RuntimeError("the replica is not being served")
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def port(self) -> int:
        """The port of the origin."""
        return int(self.origin.rpartition(":")[2])

    def _run(self, listening: socket.socket, ready: threading.Event) -> None:
        """The thread's work."""
        asyncio.run(self._serve(listening, ready))

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        """Serve until told to stop, then let nothing hang."""
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        connections: set[Connection] = set()
        server = await self._loop.create_server(lambda: Connection(self._respond, connections), sock=listening)
        ready.set()
        await self._stop.wait()
        server.close()
        for connection in list(connections):
            connection.abort()
        await server.wait_closed()
        # One more turn each for the transports to tell their protocols and close their sockets.
        for _ in range(3):
            await asyncio.sleep(0)

    # What a test may ask

    def article_ids(self) -> list[int]:
        """The numbers published by tonight, gone ones too, in order."""
        return sorted(self._edition.articles)

    def expected(self, article_id: int) -> Record | None:
        """The hand-written record tonight; None before it is published and while its page is not served.

        An outage changes nothing in it: it is no part of the articles' story.
        """
        article = self._edition.articles.get(article_id)
        if article is None or not article.live:
            return None
        return copy.deepcopy(article.record)

    def address(self, article_id: int) -> str:
        """The address of an article tonight, published or gone."""
        return self._edition.articles[article_id].address

    def sections(self) -> list[str]:
        """The sections that have a list."""
        return list(self._edition.by_section)

    def listed_ids(self, section: str | None = None) -> list[int]:
        """What a section's list holds of the English edition tonight; None: the edition's."""
        if section is None:
            return [article.id for article in self._edition.listed]
        return [article.id for article in self._edition.by_section.get(section, [])]

    @property
    def _edition(self) -> Edition:
        """The site tonight."""
        return self._site.edition(self.night)

    # Answering

    def _respond(self, asked: Asked) -> Answer:
        """Answer a request and write it down."""
        at = time.monotonic()
        try:
            answer = self._judged(asked)
        except Exception as error:
            # A fault of the copy itself must be seen by the test, and not look like a stall.
            answer = _html(f"the replica failed: {error!r}", 599)
        if self._log:
            status = 0 if answer.drop else answer.status
            self.requests.append(Request(at, asked.method, asked.host, asked.target, asked.headers, status))
        return answer

    def _judged(self, asked: Asked) -> Answer:
        """The answer, right or wrong as told."""
        if asked.host in self.dead_hosts:
            return Answer(0, drop=True)
        if asked.method not in ("GET", "HEAD"):
            return Answer(405, [("Allow", "GET, HEAD")])
        if self.misbehave:
            wrong = self._misbehaviour(asked)
            if wrong is not None:
                return self._wrong(wrong, asked)
        return self._right(asked)

    def _misbehaviour(self, asked: Asked) -> Misbehaviour | None:
        """What is to go wrong with this request; whole keys before those with a star."""
        names = (asked.host + asked.target, asked.target)
        starred = [
            key
            for key in list(self.misbehave)
            if key.endswith("*") and any(name.startswith(key[:-1]) for name in names)
        ]
        for key in (*names, *sorted(starred, key=len, reverse=True)):
            wrong = misbehaviour.take(self.misbehave.get(key, []))
            if wrong is not None:
                return wrong
        return None

    def _right(self, asked: Asked) -> Answer:
        """The true answer."""
        path, _, query = asked.target.partition("?")
        if asked.host not in (ENGLISH_HOST, WWW_HOST) and asked.host not in _LOOPBACK:
            return self._unlike(asked)
        if query.startswith(_LOOP):
            return _redirect(f"{path}?{_LOOP}{2 if query.endswith('1') else 1}", 302)
        match = _ARTICLE.fullmatch(path)
        if match is not None:
            return self._article_at(asked, path, int(match[2]))
        return self._other(asked, path, query)

    def _unlike(self, asked: Asked) -> Answer:
        """A host that is neither of the two."""
        if asked.host == "hani.co.kr":
            return _redirect(f"{self.scheme}://{WWW_HOST}{asked.target}")
        return _html(misbehaviour.error_page(404, "Not Found"), 404)

    def _other(self, asked: Asked, path: str, query: str) -> Answer:
        """Everything that is no English article."""
        if path == "/robots.txt":
            return self._robots_at(asked.host)
        if path == "/rss/english_edition":
            return _redirect("/rss/english_edition/")
        if path == "/rss/english_edition/":
            return self._feed()
        if path in ("/rss", "/rss/"):
            return self._feeds_at(asked, path)
        if path == "/":
            return _html(self._drawn(Template(lists.front_page(self._edition, asked.host)), asked))
        old = _OLD_LIST.fullmatch(path)
        if old is not None and asked.host != WWW_HOST:
            return self._list(asked, old[1], int(old[2]), new=False)
        new = _NEW_LIST.fullmatch(path)
        if new is not None:
            if asked.host == ENGLISH_HOST:
                return _redirect(f"{path.rstrip('/')}/list1.html")
            return self._list(asked, new[1], _page_number(query), new=True)
        if path == lists.NO_ARTICLE.partition(WWW_HOST)[2]:
            return _html("<html><body><h1>Subscribe to our newsletter</h1></body></html>")
        return self._korean_at(asked, path)

    def _korean_at(self, asked: Asked, path: str) -> Answer:
        """A Korean article; an English one asked for under a Korean address; or nothing."""
        match = _OTHER_ARTICLE.fullmatch(path)
        if match is not None and int(match[1]) in self._edition.articles:
            return self._article_at(asked, path, int(match[1]))
        page = lists.korean_article(path, self._edition, self._site.originals)
        if page is not None:
            return self._page(Template(page), asked)
        return self._gone("404", asked)

    def _gone(self, kind: str, asked: Asked) -> Answer:
        """A notice that something is not there, or is not shown."""
        if kind in ("403", "bot_check"):
            return _html(misbehaviour.bot_check_page(self._noise.token()), 403 if kind == "403" else 200)
        if kind == "503":
            return _html(misbehaviour.error_page(503, HTTPStatus(503).phrase), 503)
        status = 200 if kind == "deleted" else int(kind)
        template = self._cached(("gone", kind), lambda: Template(lists.gone_page(kind)))
        answer = self._page(template, asked)
        answer.status = status
        return answer

    # Articles

    def _article_at(self, asked: Asked, path: str, article_id: int) -> Answer:
        """What the address of an English article answers."""
        article = self._edition.articles.get(article_id)
        if article is None:
            return self._gone("404", asked)
        out = self.outage.answer_for(article_id) if self.outage else None
        if out is not None:
            return self._gone(out, asked)
        if article.host == WWW_HOST and asked.host == ENGLISH_HOST:
            return _redirect(f"{self.scheme}://{WWW_HOST}{path}")
        if article.answer == "front":
            return _redirect("/", 302)
        if article.answer.startswith("article:"):
            return self._moved(asked, article, int(article.answer.partition(":")[2]))
        if not article.live:
            return self._gone(article.answer, asked)
        if path != article.path:
            return _redirect(self._location(asked, article))
        if article.raw is not None:
            return self._raw(article, article.raw, asked)
        if article.hints.conditional:
            return self._conditional(article, asked)
        return self._page(self._template(article, self._noise), asked, article.generation == "g3")

    def _location(self, asked: Asked, article: Article) -> str:
        """Where an article stands: half of the redirects name it without a host."""
        if asked.host in _LOOPBACK or article.id % 2:
            return article.path
        host = asked.host if article.host == ENGLISH_HOST else article.host
        return f"{self.scheme}://{host}{article.path}"

    def _moved(self, asked: Asked, article: Article, other_id: int) -> Answer:
        """An article that has become another one."""
        other = self._edition.articles.get(other_id)
        if other is None:
            return _redirect(f"/arti/english_edition/{article.section}/{other_id}.html")
        if asked.host in _LOOPBACK:
            return _redirect(other.path)
        return _redirect(f"{self.scheme}://{other.host}{other.path}")

    def _template(self, article: Article, noise: Noise) -> Template:
        """An article's page, rendered once a night, and once for each of the builds."""
        build = noise.choice(len(g3.BUILDS)) if article.generation == "g3" else 0
        key = (self.night, article.id, build)
        found = self._templates.get(key)
        if found is None:
            charset = "euc-kr" if article.id in self._site.euc_kr else "utf-8"
            if article.generation == "g3":
                text = g3.page(article, g3.BUILDS[build])
            else:
                text = g2.page(article) if article.generation == "g2" else g1.page(article, charset)
            if self.night >= RELAUNCH:
                text = relaunched(text, article)
            found = self._templates[key] = Template(text, article.id, charset)
        return found

    @property
    def _pool(self) -> Pool:
        """Tonight's articles as links."""
        pool = self._pools.get(self.night)
        if pool is None:
            pool = self._pools[self.night] = Pool(self._edition.listed)
        return pool

    def _drawn(self, template: Template, asked: Asked) -> bytes:
        """A page with fresh noise."""
        return template.plain(self._noise, self._pool)

    def _page(self, template: Template, asked: Asked, packs: bool = False) -> Answer:
        """A page with fresh noise, packed where the site packs and the client unpacks."""
        kind = ("Content-Type", f"text/html; charset={template.encoding}")
        if packs and _accepts_gzip(asked):
            headers = [kind, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
            return Answer(200, headers, template.packed(self._noise, self._pool))
        return Answer(200, [kind], template.plain(self._noise, self._pool))

    def _raw(self, article: Article, raw: bytes, asked: Asked) -> Answer:
        """A hand-written page as it is."""
        try:
            raw.decode("utf-8")
            charset = "utf-8"
        except UnicodeDecodeError:
            charset = "euc-kr"
        answer = _html(raw, charset=charset)
        return _packed(answer) if article.generation == "g3" and _accepts_gzip(asked) else answer

    def _conditional(self, article: Article, asked: Asked) -> Answer:
        """A page without noise, which a client may ask for only if it has changed."""
        body, tag = self._steady_page(article)
        stamp = article.last_modified
        headers = [("ETag", tag), ("Last-Modified", format_datetime(stamp, usegmt=True))]
        if _unchanged(asked, tag, stamp.timestamp()):
            return Answer(304, headers)
        charset = "euc-kr" if article.id in self._site.euc_kr else "utf-8"
        answer = _html(body, charset=charset)
        answer.headers += headers
        return _packed(answer) if article.generation == "g3" and _accepts_gzip(asked) else answer

    def _steady_page(self, article: Article) -> tuple[bytes, str]:
        """A page without noise, and its tag."""
        key = (self.night, article.id)
        if key not in self._steady:
            noise = Noise(seed=article.id, clock=article.posted.timestamp)
            # Its links are those of the first night: the page must not change with others.
            pool = Pool(self._site.edition(1).listed)
            body = self._template(article, noise).plain(noise, pool)
            self._steady[key] = body, f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        return self._steady[key]

    # Lists and feeds

    def _robots_at(self, host: str) -> Answer:
        """robots.txt, perhaps another one on each host."""
        robots = self.robots
        if isinstance(robots, dict):
            robots = robots.get(host, DEFAULT_ROBOTS)
        return Answer(robots.status, [("Content-Type", "text/plain")], robots.body.encode())

    def _feed(self) -> Answer:
        """The English edition's feed."""
        body = self._feeds.get(self.night)
        if body is None:
            body = self._feeds[self.night] = lists.english_feed(self._edition).encode()
        return Answer(200, [("Content-Type", "application/rss+xml; charset=utf-8")], body)

    def _feeds_at(self, asked: Asked, path: str) -> Answer:
        """/rss: a page of links to feeds, but on the old host a feed, of the Korean edition."""
        if asked.host == ENGLISH_HOST:
            body = lists.korean_feed().encode()
            return Answer(200, [("Content-Type", "application/rss+xml; charset=utf-8")], body)
        if path == "/rss":
            return _redirect("/rss/")
        return self._page(self._cached(("feeds",), lambda: Template(lists.feeds_page())), asked)

    def _cached(self, key: tuple[object, ...], make: Callable[[], Template]) -> Template:
        """A template, made once."""
        if key not in self._templates:
            self._templates[key] = make()
        return self._templates[key]

    def _list(self, asked: Asked, section: str | None, page: int, *, new: bool) -> Answer:
        """A page of a section's list; None is the whole edition's."""
        if page < 1 or (section is not None and section not in self._edition.by_section):
            return self._gone("404", asked)
        endless = section in self._endless
        last = lists.cut(lists.items(self._edition, section), 1, self.page_size)[1]
        build = self._noise.choice(len(g3.BUILDS)) if new else 0
        if endless:
            return self._page(self._list_template(section, page, build, new), asked, new)
        # Beyond the last all pages are one: an endless walk must not fill the memory.
        page = min(page, last + 1)
        key = ("list", self.night, section, page, build, self.page_size, new)
        make = partial(self._list_template, section, page, build, new)
        return self._page(self._cached(key, make), asked, new)

    def _list_template(self, section: str | None, page: int, build: int, new: bool) -> Template:
        """A page of a list, rendered. Past the end: nothing, or in the old form the last again."""
        found = lists.items(self._edition, section)
        endless = section in self._endless
        last = lists.cut(found, 1, self.page_size)[1]
        shown = page if new and not endless else min(page, last)
        items = lists.cut(found, shown, self.page_size)[0]
        code = section or ""
        if new:
            text = lists.new_list(items, code, page, last, g3.BUILDS[build], endless=endless)
        else:
            number = page if endless else shown
            text = lists.old_list(items, code, number, last, endless=endless)
        return Template(text)

    # Misbehaving

    def _wrong(self, wrong: Misbehaviour, asked: Asked) -> Answer:
        """The answer that a misbehaviour makes."""
        refused = _refused(wrong)
        if refused is not None:
            return refused
        if wrong.kind in ("redirect", "redirect_loop", "off_site"):
            return _led_astray(wrong, asked)
        if wrong.kind in ("bot_check", "paywall", "empty", "huge", "bomb", "drop"):
            return self._invented(wrong, asked)
        if wrong.kind == "endless_list":
            path = asked.target.partition("?")[0]
            match = _OLD_LIST.fullmatch(path) or _NEW_LIST.fullmatch(path)
            if match is not None:
                self._endless.add(match[1])
        return self._spoilt(wrong, asked)

    def _invented(self, wrong: Misbehaviour, asked: Asked) -> Answer:
        """An answer in place of the true one."""
        if wrong.kind == "bot_check":
            return _html(misbehaviour.bot_check_page(self._noise.token()))
        if wrong.kind == "paywall":
            return self._paywall(asked)
        if wrong.kind == "empty":
            return _html(b"")
        if wrong.kind == "huge":
            length = int(wrong.number("length", 10_000_000_000))
            return Answer(200, [("Content-Type", HTML)], stream=length)
        if wrong.kind == "bomb":
            headers = [("Content-Type", HTML), ("Content-Encoding", "gzip")]
            return Answer(200, headers, misbehaviour.bomb())
        return Answer(0, drop=True)

    def _paywall(self, asked: Asked) -> Answer:
        """The article behind a wall; where there is no article, the true answer."""
        match = _ARTICLE.fullmatch(asked.target.partition("?")[0])
        article = self._edition.articles.get(int(match[2])) if match else None
        if article is None:
            return self._right(asked)
        return self._page(Template(lists.paywall_page(article)), asked)

    def _spoilt(self, wrong: Misbehaviour, asked: Asked) -> Answer:
        """The true answer, badly sent."""
        if wrong.kind in ("wrong_charset", "gzip"):
            headers = {k: v for k, v in asked.headers.items() if k != "accept-encoding"}
            answer = self._right(Asked(asked.method, asked.target, headers, asked.keep_alive))
            return _packed(answer) if wrong.kind == "gzip" else _mislabelled(wrong, answer)
        answer = self._right(asked)
        if wrong.kind == "stall":
            answer.wait = wrong.number("seconds", 30)
        elif wrong.kind == "slow":
            answer.drip = (int(wrong.number("size", 1024)), wrong.number("pause", 0.05))
        elif wrong.kind == "cut":
            answer.cut_at = int(len(answer.body) * wrong.number("share", 0.5))
        return answer


def _page_number(query: str) -> int:
    """The page asked for; nonsense is the first."""
    value = parse_qs(query).get("page", ["1"])[0]
    return max(1, int(value)) if re.fullmatch(r"[0-9]{1,9}", value) else 1


def _unchanged(asked: Asked, tag: str, stamp: float) -> bool:
    """Whether the client has this very page. A tag is asked before a time, as HTTP says."""
    tags = asked.headers.get("if-none-match")
    if tags is not None:
        known = {entry.strip().removeprefix("W/") for entry in tags.split(",")}
        return "*" in known or tag.removeprefix("W/") in known
    since = asked.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return stamp <= parsedate_to_datetime(since).timestamp()
    except ValueError:
        return False


def _packed(answer: Answer) -> Answer:
    """An answer in gzip."""
    if answer.status != 304:
        answer.body = misbehaviour.squeezed(answer.body)
        answer.headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
    return answer


def _mislabelled(wrong: Misbehaviour, answer: Answer) -> Answer:
    """An answer whose header names an encoding that the bytes are not in."""
    headers = [(name, value) for name, value in answer.headers if name != "Content-Type"]
    label = f"text/html; charset={wrong.text('charset', 'euc-kr')}"
    answer.headers = [("Content-Type", label), *headers]
    return answer


def _refused(wrong: Misbehaviour) -> Answer | None:
    """An answer that is an error and nothing else."""
    statuses = {
        "too_many": 429,
        "too_many_date": 429,
        "unavailable": 503,
        "bad_gateway": 502,
        "server_error": 500,
        "forbidden": 403,
        "status": int(wrong.number("status", 500)),
    }
    if wrong.kind not in statuses:
        return None
    status = statuses[wrong.kind]
    reason = HTTPStatus(status).phrase if status in list(HTTPStatus) else "Error"
    body = wrong.text("body", "") if wrong.kind == "status" else ""
    answer = _html(body or misbehaviour.error_page(status, reason), status)
    if encoding := wrong.text("encoding", ""):
        answer.headers.append(("Content-Encoding", encoding))
    after = _retry_after(wrong)
    if after is not None:
        answer.headers.append(("Retry-After", after))
    return answer


def _retry_after(wrong: Misbehaviour) -> str | None:
    """The header's value, if there is to be one."""
    if wrong.kind == "too_many_date":
        # Dates have whole seconds: rounded up, or a short wait would already be over.
        return formatdate(ceil(time.time() + wrong.number("retry_after", 2)), usegmt=True)
    after = wrong.params.get("retry_after", 1 if wrong.kind == "too_many" else None)
    return None if after is None else str(after)


def _led_astray(wrong: Misbehaviour, asked: Asked) -> Answer:
    """A redirect to where nothing good is."""
    path = asked.target.partition("?")[0]
    if wrong.kind == "redirect_loop":
        return _redirect(f"{path}?{_LOOP}1", 302)
    if wrong.kind == "off_site":
        return _redirect(f"http://example.org{path}", 302)
    return _redirect(wrong.text("location", "/"), int(wrong.number("status", 302)))
