"""Secrets: had from the environment or from a file that only we can read, and kept out of all that is said.

A url of a notification holds a password or a token. It is read once, at the start of a run, and taken out of the environment
there, so that no process the run starts has it; to the process that sends, it goes through a pipe.
"""

import os
import re
import stat
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from crawler.config import Target
from crawler.errors import BadConfig
from jobs.telling.blotting import PLAIN_SCHEMES, remember

MOST_BYTES = 8192  # of a file with a url
OPEN_TO_OTHERS = 0o077
PLAIN_SETTINGS = frozenset({"to", "from", "cc", "bcc", "name", "mode", "smtp", "format", "overflow", "verify"})


def url_of(target: Target, config_path: Path | None, environment: MutableMapping[str, str] = os.environ) -> str:
    """A target's url, wherever it is kept; from now on `blot` knows it. A variable is left where it is: see `withdraw`.

    Raises BadConfig for a variable that is not set, and for a file (hani.toml itself, where the url may hold a secret) that
    is not ours or that others can read. No sentence shows a url.
    """
    if target.url_env is not None:
        url = environment.get(target.url_env, "").strip()
        if not url:
            raise BadConfig(f"the variable {target.url_env} that is to hold the url is not set")
    elif target.url_file is not None:
        url = _from_file((config_path.parent if config_path else Path()) / target.url_file)
    else:
        url = target.url or ""
        if config_path is not None and not _is_plain(url) and (why := _why_not_private(config_path.stat())):
            raise BadConfig(
                f"the url in {config_path} may hold a secret, and that file {why}:"
                f" `chmod 600 {config_path}`, or keep the url in a file (url_file) or a variable (url_env)"
            )
    remember(url)
    if not re.fullmatch(r"[a-zA-Z][\w+.-]*://[^\s\x00-\x20\x7f]+", url):
        raise BadConfig("what it holds is not one address such as mailtos://… or https://…")
    return url


def withdraw(targets: list[Target], environment: MutableMapping[str, str] = os.environ) -> None:
    """Take the variables that hold secrets out of the environment: what is started later would inherit them."""
    for target in targets:
        if target.url_env is not None:
            environment.pop(target.url_env, None)


def _from_file(path: Path) -> str:
    """The one line of a file.

    Raises BadConfig for one that is no file, is not ours, can be read by others, or holds more.
    """
    try:
        opened = open(path, "rb", opener=_without_waiting)  # noqa: SIM115
    except OSError as error:
        raise BadConfig(f"the file {path} that is to hold the url cannot be read: {error.strerror}") from error
    with opened as file:
        found = os.fstat(file.fileno())  # of what was opened: the path may lead elsewhere a moment later
        if not stat.S_ISREG(found.st_mode):
            raise BadConfig(f"{path}, which is to hold the url, is not a file")
        if why := _why_not_private(found):
            raise BadConfig(f"the file {path} with the url {why}; `chmod 600 {path}` makes it yours alone")
        text = file.read(MOST_BYTES + 1).decode("utf-8", "replace").strip()
    if not text or len(text) > MOST_BYTES or len(text.splitlines()) > 1:
        raise BadConfig(f"the file {path} must hold one url on one line")
    return text


def _without_waiting(path: str, flags: int) -> int:
    """Open, but not wait for the other end of a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _why_not_private(found: os.stat_result) -> str | None:
    """What lets others at a file; None where nothing does."""
    if found.st_uid != os.geteuid():
        return "belongs to another user"
    if found.st_mode & OPEN_TO_OTHERS:
        return f"is open to others (mode {stat.S_IMODE(found.st_mode):o})"
    return None


def _is_plain(url: str) -> bool:
    """Whether a url can hold no secret: no user, no path but of mail addresses, no settings but harmless ones."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        parts.scheme.lower() in PLAIN_SCHEMES
        and "@" not in parts.netloc
        and (not parts.path.strip("/") or parts.scheme.lower().startswith("mailto"))
        and {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} <= PLAIN_SETTINGS
    )
