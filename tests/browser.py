"""What the tests in a real browser share: the archive served as a user serves it, and Chromium.

A test asks for the fixture `chromium` (tests/conftest.py), of its module: Playwright's loop runs in the test's own thread, where no
other loop (such as that of tests.reading.serving) may run beside it.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import PATIENCE, ROOT
from tests.programs import CI

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",  # for root, in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
DESKTOP, TELEPHONE = (1280, 900), (390, 844)


def without_chromium() -> None:
    """Skip what needs it; where everything is to be tested, fail."""
    if CHROMIUM is None:
        why = "chromium is not installed (Debian's package chromium)"
        if CI:
            pytest.fail(why)
        pytest.skip(why)


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, without a window."""
    without_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Started:
    """A `hani serve` that runs: where, and its process."""

    address: str
    process: subprocess.Popen[str]
    said: list[str]

    def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it; its exit code, and what it said on standard error."""
        self.process.send_signal(by)
        _, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, err


@contextmanager
def hani_serve(database: Path, *options: str) -> Iterator[Started]:
    """Serve an archive by the command, as a process of its own, at a free port; it must end well."""
    command = [sys.executable, "-m", "jobs", "--db", str(database), "serve", "--port", "0", *options]
    env = {k: v for k, v in os.environ.items() if k not in ("HANI_DB", "HANI_NOW")} | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=database.parent, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise AssertionError(process.communicate(timeout=PATIENCE)[1])
    address = next(word for word in line.split() if word.startswith("http://"))
    started = Started(address.rstrip("/"), process, [line])
    try:
        yield started
    finally:
        code, err = started.end() if process.returncode is None else (0, "")
        for pipe in (process.stdout, process.stderr):
            assert pipe
            pipe.close()
        assert code == 0, err


@dataclass
class Watched:
    """A page in a browser, and what happened on it that must not."""

    page: Page
    context: BrowserContext
    home: str
    dialogs: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def troubles(self) -> dict[str, list[str]]:
        """Dialogs, requests to other hosts, violations of the policy, answers that failed; empty lists for a good page."""
        return {
            "dialogs": self.dialogs,
            "foreign": self.foreign,
            "violations": self.violations,
            "failed": self.failed,
        }

    def go(self, path: str) -> Page:
        """Open a path of the server."""
        self.page.goto(self.home + path, wait_until="load")
        return self.page


@contextmanager
def watching(browser: Browser, home: str, size: tuple[int, int] = DESKTOP, **more: Any) -> Iterator[Watched]:
    """A page of a fresh browser; `more` is for its context, such as java_script_enabled=False."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    watched = Watched(page, context, home)
    host = urlsplit(home).netloc

    def on_request(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != host:
            watched.foreign.append(request.url[:200])

    def on_dialog(dialog: Any) -> None:
        watched.dialogs.append(f"{dialog.type}: {dialog.message[:200]}")
        dialog.dismiss()

    def on_console(message: Any) -> None:
        if "Content Security Policy" in message.text or message.type == "error":
            watched.violations.append(message.text[:300])

    page.on("dialog", on_dialog)
    page.on("console", on_console)
    page.on("pageerror", lambda error: watched.failed.append(str(error)[:300]))
    context.on("request", on_request)
    yield watched
    context.close()
