"""The process that sends notifications: a server that hangs can only hang this one, and it ends by itself.

It is given what to send, with the secret urls, on standard input: they stand in no argument and no variable. For each item it
answers with a line of JSON. `Errand` is how others start it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl

HERE = str(Path(__file__).resolve().parent.parent)
SECONDS = 30  # for all that is sent at once; mail servers that slow a sender down (tarpits) take up to 20
GRACE_SECONDS = 10  # to start, and to end
MOST_OF_A_REASON = 300  # characters
MOST_OF_AN_ANSWER = 4096  # bytes read of what a dead-man's switch answers


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to send: a notification by Apprise, or, with `ping`, a POST of the body to a dead-man's switch."""

    url: str = field(repr=False)
    body: str
    title: str = ""
    level: str = "info"
    ping: bool = False


class Errand:
    """Some items on their way. The process ends after SECONDS, also when nobody waits for it."""

    def __init__(self, items: Sequence[Item], seconds: int = SECONDS) -> None:
        self._items, self._seconds = items, seconds
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "jobs.telling.courier"],  # -P: nothing that lies in the current folder
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH")]))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what libraries say there could hold a secret
        )
        try:
            assert self._process.stdin is not None
            with self._process.stdin as pipe:
                pipe.write(json.dumps({"seconds": seconds, "items": [asdict(item) for item in items]}).encode())
        except OSError:  # it is gone already: it will answer nothing
            pass
        self._process.stdin = None

    def results(self) -> list[str | None]:
        """What came of each item: None where it was sent, else why not. Waits for the end, but not for ever."""
        try:
            said, _ = self._process.communicate(timeout=self._seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            said, _ = self._process.communicate()
        answers = dict(_answers(said))
        return [answers.get(n, f"no answer within {self._seconds} seconds") for n in range(len(self._items))]


def _answers(said: bytes) -> list[tuple[int, str | None]]:
    found = []
    for line in said.decode("utf-8", "replace").splitlines():
        try:
            answer = json.loads(line)
            found.append((int(answer["item"]), answer["why"]))
        except (ValueError, KeyError, TypeError):  # a line that a library printed
            continue
    return found


# --- in the process --------------------------------------------------------------------------------------------------


def main() -> None:
    """Send what standard input asks for, all at once, and end with the time that it allows."""
    told = json.load(sys.stdin)
    signal.alarm(told["seconds"] + GRACE_SECONDS)
    ends = time.monotonic() + told["seconds"]
    threads = [
        threading.Thread(target=_deliver, args=(number, Item(**item), told["seconds"], sys.stdout), daemon=True)
        for number, item in enumerate(told["items"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    os._exit(0)  # Apprise's own threads, which may hang, would be waited for


def _deliver(number: int, item: Item, seconds: int, answers: IO[str]) -> None:
    try:
        why = _ping(item, seconds) if item.ping else _notify(item, seconds)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    answers.write(json.dumps({"item": number, "why": why[:MOST_OF_A_REASON] if why else None}) + "\n")
    answers.flush()


def _notify(item: Item, seconds: int) -> str | None:
    import logging

    from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

    asset = AppriseAsset(
        app_id="hani",
        app_desc="a versioned archive of The Hankyoreh’s English edition",
        app_url="",
        image_url_mask="",  # no pictures from elsewhere
        image_url_logo="",
        http_redirects=False,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        interpret_emojis=False,
        service_timeout=seconds,
    )
    sender = Apprise(asset=asset)
    if not sender.add(_as_plain_text(item.url)):
        return "Apprise cannot use this url"
    result = sender.notify(
        body=item.body,
        title=item.title,
        notify_type=NotifyType(item.level),
        body_format=NotifyFormat.TEXT,
        interpret_escapes=False,
        log_level=logging.DEBUG,
    )
    if result:
        return None
    said = [entry.message for entry in result.logs() if entry.level != "DEBUG" or "Exception" in entry.message]
    return "; ".join(" ".join(message.split()) for message in said) or "it was not taken"


def _as_plain_text(url: str) -> str:
    """A url with the settings that keep a message plain text and within what the service takes, unless it says otherwise."""
    address, _, settings = url.partition("?")
    given = {name for name, _ in parse_qsl(settings, keep_blank_values=True)}
    added = [f"{name}={value}" for name, value in (("format", "text"), ("overflow", "truncate")) if name not in given]
    return f"{address}?{'&'.join([*([settings] if settings else []), *added])}"


def _ping(item: Item, seconds: int) -> str | None:
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Nowhere(HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    request = Request(item.url, item.body.encode(), {"User-Agent": "hani", "Content-Type": "text/plain; charset=utf-8"})
    try:
        with build_opener(Nowhere).open(request, timeout=seconds) as answer:
            answer.read(MOST_OF_AN_ANSWER)
    except HTTPError as error:
        return f"it answered {error.code}"
    return None


if __name__ == "__main__":
    main()
