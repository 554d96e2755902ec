"""Passwords and tokens come from where only we can read, and are never said, written down or handed on."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.config import Target, load
from crawler.errors import BadConfig
from jobs.replica import Replica
from jobs.telling.blotting import blot, forget, remember
from jobs.telling.courier import Errand, Item
from jobs.telling.secrets import url_of, withdraw
from tests.conftest import Hani, run_hani
from tests.receivers import hook_server, mail_server, silent_server
from tests.test_notifications import CRASHES

SECRET = "mailtos://robot:Tr0ub4dor&3@mail.example/?to=me@b.example"


@pytest.fixture(autouse=True)
def _no_secret_stays() -> Iterator[None]:
    yield
    forget()


def held(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "mail.url"
    path.write_text(text)
    path.chmod(mode)
    return path


# --- where they come from --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_that_only_we_can_read_is_taken(tmp_path: Path, mode: int) -> None:
    held(tmp_path, f"{SECRET}\n", mode)
    assert url_of(Target(url_file="mail.url"), tmp_path / "hani.toml") == SECRET


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602, 0o601, 0o777])
def test_a_file_that_others_can_reach_is_refused_in_one_sentence(tmp_path: Path, mode: int) -> None:
    path = held(tmp_path, SECRET, mode)
    with pytest.raises(BadConfig) as refused:
        url_of(Target(url_file="mail.url"), tmp_path / "hani.toml")
    assert str(refused.value) == (
        f"the file {path} with the url is open to others (mode {mode:o}); `chmod 600 {path}` makes it yours alone"
    )


def test_a_file_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held(tmp_path, SECRET)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(BadConfig, match="belongs to another user"):
        url_of(Target(url_file="mail.url"), tmp_path / "hani.toml")


@pytest.mark.parametrize("text", ["", "\n", f"{SECRET}\n{SECRET}\n", "x" * 10_000, "no address", "mailto://a b"])
def test_a_file_that_holds_anything_but_one_url_is_refused(tmp_path: Path, text: str) -> None:
    held(tmp_path, text)
    with pytest.raises(BadConfig) as refused:
        url_of(Target(url_file="mail.url"), tmp_path / "hani.toml")
    assert "\n" not in str(refused.value) and "Tr0ub4dor" not in str(refused.value)


def test_a_pipe_or_a_folder_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("pipe", ".", "missing"):
        with pytest.raises(BadConfig, match=r"is not a file|cannot be read"):
            url_of(Target(url_file=name), tmp_path / "hani.toml")


def test_a_variable_is_read_and_taken_out_of_the_environment(tmp_path: Path) -> None:
    environment = {"HANI_MAIL": SECRET, "PATH": "/bin"}
    target = Target(url_env="HANI_MAIL")
    assert url_of(target, None, environment) == url_of(target, None, environment) == SECRET
    withdraw([target, Target(), Target(url_file="x")], environment)
    assert environment == {"PATH": "/bin"}
    with pytest.raises(BadConfig, match="the variable HANI_MAIL that is to hold the url is not set"):
        url_of(target, None, environment)


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("mailto://localhost/?to=me@b.example&from=hani@a.example", False),
        ("mailto://mail.example/me@b.example", False),
        ("json://127.0.0.1:8080", False),
        ("json://127.0.0.1:8080/", False),
        ("mailtos://robot:password@mail.example", True),
        ("mailtos://mail.example?user=robot&pass=password", True),
        ("jsons://hooks.example/services/T0/B0/XX", True),
        ("json://hooks.example?token=XX", True),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", True),
        ("ntfy://topic", True),
        ("https://hc-ping.com/0b1c", True),
    ],
)
def test_a_url_in_the_configuration_may_hold_a_secret_only_where_nobody_else_reads_it(
    tmp_path: Path, url: str, secret: bool
) -> None:
    path = tmp_path / "hani.toml"
    path.write_text(f'[[notify]]\nurl = "{url}"\n')
    (rule,) = load(path).notify
    path.chmod(0o600)
    assert url_of(rule, path) == url
    path.chmod(0o644)
    if not secret:
        assert url_of(rule, path) == url
        return
    with pytest.raises(BadConfig, match=r"may hold a secret, and that file is open to others \(mode 644\)") as refused:
        url_of(rule, path)
    assert url not in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        f'[[notify]]\nurl_env = "{SECRET}"\n',
        f'[[notify]]\nurl_file = "{SECRET}"\n',
        f'[[notify]]\nurl = ["{SECRET}"]\n',
        f'[[notify]]\nurl = " {SECRET}"\n',
        f'[[notify]]\nurl = "{SECRET}"\nurl_env = "X"\n',
        f'[[notify]]\nname = "{SECRET}"\nurl_env = "X"\n',
        f'[[notify]]\nurl_env = "X"\non = ["{SECRET}"]\n',
        f'[ping]\nurl = ["{SECRET}"]\n',
    ],
)
def test_no_refusal_of_a_configuration_shows_a_secret(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hani.toml"
    path.write_text(text)
    with pytest.raises(BadConfig) as refused:
        load(path)
    assert "Tr0ub4dor" not in str(refused.value)


def test_a_configuration_that_is_printed_shows_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "hani.toml"
    path.write_text(f'[[notify]]\nurl = "{SECRET}"\n[ping]\nurl = "https://hc.example/0b1c-77"\n')
    assert "Tr0ub4dor" not in repr(load(path)) and "0b1c-77" not in repr(load(path))


# --- what is blotted out ---------------------------------------------------------------------------------------------


def test_every_spelling_of_a_secret_is_blotted_out() -> None:
    remember("mailtos://robot:p%40ss+word@mail.example:587/?to=me@b.example")
    spellings = ["p%40ss+word", "p@ss+word", base64.b64encode(b"p@ss+word").decode()]
    spellings += [base64.b64encode(text).decode() for text in (b"\0robot\0p@ss+word", b"robot:p@ss+word")]
    for spelling in spellings:
        assert spelling.rstrip("=") not in blot(f"it said {spelling}, and no more")
    assert blot("mail.example:587 refused robot") == "mail.example:587 refused robot"


def test_a_token_is_blotted_out_but_no_word() -> None:
    remember("https://hooks.example.com/services/T00000000/B00000000/aBcDeFgHiJkLmNoP?key=0123456789")
    text = "POST https://hooks.example.com/services/T00000000/B00000000/aBcDeFgHiJkLmNoP for public services, key=0123456789"
    said = blot(text)
    assert "T00000000" not in said and "aBcD" not in said and "0123456789" not in said
    assert "public services" in said and "hooks.example.com" in said


# --- nowhere ---------------------------------------------------------------------------------------------------------


def test_the_process_that_sends_has_no_secret_in_its_arguments_or_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with silent_server() as port:
        monkeypatch.setenv("HANI_MAIL", f"mailto://robot:Tr0ub4dor@localhost:{port}/?from=a@b.example&to=c@d.example")
        target = Target(url_env="HANI_MAIL")
        url = url_of(target, None)
        withdraw([target])
        errand = Errand([Item(url, "body", "title")], seconds=2)
        process = Path(f"/proc/{errand._process.pid}")
        seen = b""
        while (
            errand._process.poll() is None and b"jobs.telling.courier" not in seen
        ):  # until it is what it is to become
            seen = (process / "cmdline").read_bytes()
        seen += (process / "environ").read_bytes()
        assert b"jobs.telling.courier" in seen and b"Tr0ub4dor" not in seen and b"HANI_MAIL" not in seen
        assert errand.results() != [None]


def test_nothing_that_a_run_starts_inherits_a_secret(site: Replica, tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text('[[notify]]\nurl_env = "HANI_HOOK"\n[ping]\nurl_env = "HANI_PING"\n')
    script = """
import os, crawler.session
class Recorder(crawler.session.Recorder):
    def __init__(self, *args, **kwargs):
        assert not {"HANI_HOOK", "HANI_PING"} & set(os.environ), "a secret is left"
        super().__init__(*args, **kwargs)
crawler.session.Recorder = Recorder
from jobs.cli import main
main()
"""
    asked = ["nightly", "--origin", site.origin, "--delay", "0", "--max-requests", "3"]
    held = {"HANI_HOOK": "json://127.0.0.1:1/token", "HANI_PING": "http://127.0.0.1:1/token"}
    for option in ([], ["--no-notify"]):
        ran = run_hani(tmp_path / "a.db", tmp_path, *asked, *option, script=script, **held)
        assert ran.code == 0, ran.err


def everything(folder: Path) -> bytes:
    """All that is kept: the database with its journal, the log file, the lock."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".url")


@pytest.mark.parametrize("form", ["plain", "json"])
@pytest.mark.parametrize("works", [True, False])
def test_no_secret_is_said_or_kept_whether_or_not_it_could_be_told(
    site: Replica, hani: Hani, tmp_path: Path, form: str, works: bool
) -> None:
    password = "Tr0ub4dor-3"
    expected = password if works else "another one"  # a server that refuses it says it back
    with mail_server(password=expected) as box, hook_server() as hook:
        hook.status = 200 if works else 500
        mail = f"mailto://robot:{password}@localhost:{box.port}/?from=a@b.example&to=c@d.example"
        held(tmp_path, mail)
        ping = '[ping]\nurl_env = "HANI_PING"\n[[notify]]\nurl_env = "HANI_HOOK"\non = ["new", "failure"]\n'
        (tmp_path / "hani.toml").write_text(ping + '[[notify]]\nurl_file = "mail.url"\non = ["new", "failure"]\n')
        environment = {
            "HANI_PING": f"http://127.0.0.1:{hook.port}/5ca1ab1e-0b1c",
            "HANI_HOOK": f"json://127.0.0.1:{hook.port}/T0KEN-T0KEN?key=S3CRET-KEY",
        }
        options = ["--log-format", form, "-v"]
        good = hani(*options, "nightly", "--origin", site.origin, "--delay", "0", **environment)
        site.dead_hosts = {"english.hani.co.kr", "www.hani.co.kr"}
        bad = hani(*options, "nightly", "--origin", site.origin, "--delay", "0", "--json", **environment)
        tried = hani(*options, "notify", "--test", **environment)
        shown = hani(*options, "notify", **environment)
        db = tmp_path / "archive.db"
        crashed = run_hani(db, tmp_path, *options, "nightly", "--origin", site.origin, script=TRACED, **environment)
        assert (good.code, bad.code, tried.code, shown.code, crashed.code) == (0, 3, 0 if works else 1, 0, 1)
        assert (len(box.raw) == 4) is works and len(hook.received) > 4 and box.logins
    said = "".join(ran.out + ran.err for ran in (good, bad, tried, shown, crashed))
    assert "a wheel came off" in said and "Traceback" in said and ("could not be told" in said) is not works
    for secret in (password, "T0KEN", "S3CRET-KEY", "5ca1ab1e", base64.b64encode(password.encode()).decode()[:-2]):
        assert secret not in said
        assert secret.encode() not in everything(tmp_path)
    if form == "json":
        lines = [line for ran in (good, bad, tried, crashed) for line in ran.err.splitlines()]
        assert lines and all(isinstance(json.loads(line), dict) for line in lines)


TRACED = CRASHES.replace(
    "def crash(session):",
    "import sys\ndef crash(session):\n    import pathlib\n"
    '    raise RuntimeError("a wheel came off " + pathlib.Path("mail.url").read_text())\n'
    "def unused(session):",
)
