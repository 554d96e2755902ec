"""hani.toml is checked to the last key; what is wrong is said in one sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.config import Config, Crawl, Log, Notify, Ping, Recheck, check, check_origin, load
from crawler.errors import BadConfig


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "hani.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_the_defaults_are_polite_and_good() -> None:
    config = Config()
    check(config, "the defaults")
    assert config.crawl.delay == 2.0
    assert config.archive.database == "hankyoreh.db"
    assert "https://www.hani.co.kr/rss/english_edition/" in config.site.feeds
    assert {
        "e_national",
        "e_international",
        "e_northkorea",
        "e_business",
        "e_entertainment",
        "e_editorial",
        "english_editorials",
    } <= set(config.site.sections)
    assert config.site.origin is None
    assert config.recheck == Recheck("hazard", None)


def test_everything_can_be_set(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [site]
        origin = "http://127.0.0.1:8000"
        feeds = ["https://www.hani.co.kr/rss/english_edition/"]
        sections = ["e_national", "e_new"]
        [crawl]
        contact = "me@example.org"
        delay = 0
        max_requests = 10
        max_minutes = 1.5
        pages = 3
        timeout = 5
        [archive]
        database = "other.db"
        [schedule]
        hour = 0
        minute = 59
        [recheck]
        policy = "newsdiffs"
        budget = 40
        [[notify]]
        name = "mail"
        url_file = "mail.url"
        on = ["failure", "figure"]
        keywords = ["국회", "U.S."]
        [[notify]]
        url_env = "HANI_HOOK"
        [ping]
        url = "https://hc.example/1"
        [log]
        format = "json"
        level = "quiet"
        """,
    )
    config = load(path)
    assert config.site.sections == ("e_national", "e_new")
    assert config.crawl == Crawl("me@example.org", 0.0, 10, 1.5, 3, 5.0)
    assert config.database == tmp_path / "other.db"
    assert (config.schedule.hour, config.schedule.minute) == (0, 59)
    assert config.recheck == Recheck("newsdiffs", 40)
    mail = Notify(url_file="mail.url", name="mail", on=("failure", "figure"), keywords=("국회", "U.S."))
    assert config.notify == (mail, Notify(url_env="HANI_HOOK"))
    assert (config.ping, config.log) == (Ping("https://hc.example/1"), Log("json", "quiet"))
    assert "me@example.org" in config.user_agent and "hani" in config.user_agent


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    assert load(path) == replace(Config(), path=path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[crawl]\ndelai = 2", "delay"),
        ("[crawl]\nmax_request = 2", "max_requests"),
        ("[crwal]\ndelay = 2", "crawl"),
        ("delay = 2", "delay"),
        ("crawl = 2", "crawl"),
        ("[crawl]\ndelay = '2'", "delay"),
        ("[crawl]\ndelay = true", "delay"),
        ("[crawl]\ndelay = -1", "delay"),
        ("[crawl]\ndelay = nan", "delay"),
        ("[crawl]\ndelay = inf", "delay"),
        ("[crawl]\nmax_requests = 1.5", "max_requests"),
        ("[crawl]\nmax_requests = 0", "max_requests"),
        ("[crawl]\nmax_requests = true", "max_requests"),
        ("[crawl]\nmax_minutes = 0", "max_minutes"),
        ("[crawl]\npages = 0", "pages"),
        ("[crawl]\ntimeout = 0", "timeout"),
        ("[crawl]\ncontact = 7", "contact"),
        ('[crawl]\ncontact = "a\\nb"', "contact"),
        ('[crawl]\ncontact = " "', "contact"),
        ("[schedule]\nhour = 24", "hour"),
        ("[schedule]\nhour = -1", "hour"),
        ("[schedule]\nhour = '3'", "hour"),
        ("[schedule]\nminute = 60", "minute"),
        ("[recheck]\npolicy = 'hazzard'", "did you mean 'hazard'"),
        ("[recheck]\npolicy = 'often'", "newsdiffs, g0v, feed, everything"),
        ("[recheck]\npolicy = 7", "policy must be a text"),
        ("[recheck]\nbudget = 0", "budget must be 1 or more"),
        ("[recheck]\nbudget = -5", "budget must be 1 or more"),
        ("[recheck]\nbudget = '40'", "budget must be a whole number"),
        ("[recheck]\nbudget = 4.5", "budget must be a whole number"),
        ("[recheck]\nbudget = true", "budget must be a whole number"),
        ("[recheck]\nbudgets = 4", "did you mean 'budget'"),
        ("[rechek]\nbudget = 4", "did you mean 'recheck'"),
        ("[site]\nsections = 'e_national'", "sections"),
        ("[site]\nsections = [1]", "sections"),
        ("[site]\nsections = ['../x']", "../x"),
        ("[site]\nfeeds = ['https://example.org/rss/']", "example.org"),
        ("[site]\nfeeds = ['https://www.hani.co.kr.example.org/rss/']", "example.org"),
        ("[site]\norigin = 'localhost'", "localhost"),
        ("[site]\norigin = 'ftp://localhost'", "ftp://localhost"),
        ("[archive]\ndatabase = 7", "database"),
        ("[notify]\nurl_env = 'X'", "headed [[notify]]"),
        ("notify = [1]", "headed [[notify]]"),
        ("[[notify]]\non = ['silent']", "[[notify]] 1 needs a url, url_env or url_file"),
        ("[[notify]]\nurl_env = 'X'\n[[notify]]\nurl_env = 'X'\nurl_file = 'x'", "[[notify]] 2 must have one of"),
        ("[[notify]]\nurl_evn = 'X'", "did you mean 'url_env'?"),
        ("[[notify]]\nurl_env = 'X'\non = ['slient']", "no event 'slient' to be told of; did you mean 'silent'?"),
        ("[[notify]]\nurl_env = 'X'\non = ['figures']", "did you mean 'figure'?"),
        ("[[notify]]\nurl_env = 'X'\non = 'figure'", "on must be a list of texts"),
        ("[[notify]]\nurl_env = 'X'\nkeywords = ['…']", "a keyword must hold a letter or digit"),
        ("[[notify]]\nurl_env = 'X'\nname = 'a\\nb'", "name must be"),
        ('[[notify]]\nurl_env = "X"\nname = "a\\nb"', "name must be"),
        ("[[notify]]\nurl_env = 'X Y'", "url_env must be the name of a variable"),
        ("[[notify]]\nurl = 'nowhere'", "url must be an address such as"),
        ("[[notify]]\nurl_file = ''", "url_file must be the path of a file"),
        ("[pnig]\nurl_env = 'X'", "did you mean 'ping'?"),
        ("[notfy]\nurl_env = 'X'", "did you mean 'notify'?"),
        ("[ping]\nurl = 7", "[ping] url must be a text"),
        ("[log]\nformat = 'xml'", "[log] format must be one of plain, json"),
        ("[log]\nlevel = 'debug'", "[log] level must be one of quiet, normal, info"),
        ("[crawl\ndelay = 2", "TOML"),
        ("[crawl]\ndelay = 2\ndelay = 3", "TOML"),
        (b"\xff\xfe", "TOML"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(tmp_path: Path, text: str | bytes, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadConfig) as refused:
        load(path)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(BadConfig, match=r"cannot be read"):
            load(path)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("https://mirror.example.org", "https://mirror.example.org"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_good_origin(origin: str, expected: str) -> None:
    assert check_origin(origin) == expected


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "localhost:8000",
        "127.0.0.1:8000",
        "//localhost",
        "ftp://localhost",
        "http://",
        "http://localhost/path",
        "http://localhost?x=1",
        "http://localhost#x",
        "http://user:secret@localhost",
        "http://localhost:99999",
        "http://localhost:port",
        "http://[::1",
        "http://local host",
    ],
)
def test_a_bad_origin(origin: str) -> None:
    with pytest.raises(BadConfig):
        check_origin(origin)


KEYS = st.sampled_from(
    "policy budget delay max_requests contact pages hour database origin feeds sections x timeout"
    " url url_env url_file on keywords name format level timezone jitter jobs".split()
)
VALUES = st.sampled_from(
    [
        "1",
        "-1",
        "1.5",
        "nan",
        "true",
        "'x'",
        "'feed'",
        "''",
        "['x']",
        "[[1]]",
        "{a=1}",
        "1979-05-27",
        "10e400",
        "'\\u0000'",
        '"\\u0000"',
    ]
)
TABLES = st.sampled_from(
    "[site] [crawl] [archive] [schedule] [schedule.jobs.x] [recheck] [[crawl]] [x] [crawl.x] [[notify]] [notify] [ping] [log]".split()
)
LINES = st.tuples(TABLES, KEYS, VALUES).map(lambda line: f"{line[0]}\n{line[1]} = {line[2]}")


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=3).map("\n".join) | st.text(max_size=40))
def test_a_file_is_loaded_or_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text.encode("utf-8", "surrogatepass"))
    try:
        config = load(path)
    except BadConfig as error:
        assert str(error)
    else:
        check(config, "what was loaded")
        assert config.user_agent.isprintable()
