"""What is said: quiet where nobody watches, a bar with a rate on a terminal, JSON for machines."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobs import logs
from jobs.replica import Replica
from tests.conftest import PATIENCE, ROOT, Hani, Ran, one, rows, run_hani

ADDRESS = "https://www.hani.co.kr/arti/english_edition/e_national/1218433.html"


def entries(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.err.splitlines()]


@pytest.mark.parametrize("arguments", [("nightly",), ("recrawl", ADDRESS)])
def test_where_nobody_watches_a_good_run_says_its_report_alone(
    site: Replica, hani: Hani, arguments: tuple[str, ...]
) -> None:
    ran = hani(*arguments, "--origin", site.origin, "--delay", "0")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Run 1 (hani {arguments[0]}) done: ") and "Changes by kind" in ran.out


def test_quiet_says_nothing_of_a_good_run_and_a_sentence_of_a_bad_one(site: Replica, hani: Hani) -> None:
    asked = ["nightly", "--origin", site.origin, "--delay", "0"]
    ran = hani("--quiet", *asked)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    site.dead_hosts = {"english.hani.co.kr", "www.hani.co.kr"}
    ran = hani("-q", *asked)
    assert (ran.code, ran.out) == (3, "") and ran.err.startswith("hani: no host of the site")


@pytest.mark.parametrize(("options", "environment"), [(["-v"], {}), ([], {"HANI_LOG": "info"})])
def test_each_step_is_a_line_where_that_is_asked_for(
    site: Replica, hani: Hani, options: list[str], environment: dict[str, str]
) -> None:
    ran = hani(*options, "recrawl", ADDRESS, "--origin", site.origin, "--delay", "0", **environment)
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d new 1218433 ", ran.err, re.M)
    assert "Changes by kind" in ran.out  # the whole report


def test_an_option_wins_over_a_variable_and_that_over_the_configuration(
    site: Replica, hani: Hani, tmp_path: Path
) -> None:
    asked = ["recrawl", ADDRESS, "--origin", site.origin, "--delay", "0"]
    (tmp_path / "hani.toml").write_text('[log]\nlevel = "info"\nformat = "json"\n[crawl]\ncontact = "a@b.example"\n')
    assert "stored" in [entry["event"] for entry in entries(hani(*asked))]
    plain = hani(*asked, HANI_LOG_FORMAT="plain", HANI_LOG="normal")
    assert plain.err == "" and plain.out.startswith("Run 2 (hani recrawl) done")
    assert "stored" in [entry["event"] for entry in entries(hani("-v", *asked, HANI_LOG="quiet"))]
    ran = hani(*asked, HANI_LOG="loud")
    assert ran.code == 2 and "HANI_LOG must be one of quiet, normal, info" in ran.sentence


def test_a_log_of_json_has_one_object_a_line_with_what_is_known(site: Replica, hani: Hani, tmp_path: Path) -> None:
    ran = hani("--log-format", "json", "nightly", "--origin", site.origin, "--delay", "0")
    assert (ran.code, ran.out) == (0, "")
    said = entries(ran)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["time"]) for entry in said)
    assert {(entry["level"], entry["run"]) for entry in said} == {("info", 1)}
    stored = [entry for entry in said if entry["event"] == "stored"]
    assert len(stored) == one(tmp_path / "archive.db", "select count(*) from captures")
    entry = next(entry for entry in stored if entry["article"] == 1218433)
    assert (entry["outcome"], entry["url"], entry["silent"]) == ("new", ADDRESS, False)
    assert entry["message"].startswith("new 1218433 ")
    assert [entry["url"] for entry in said if entry["event"] == "listing"]
    assert (said[-1]["event"], said[-1]["status"]) == ("run_ended", "done")
    assert said[-1]["outcomes"]["new"] == len(stored)


def test_a_remark_beside_the_output_is_an_entry_too(hani: Hani) -> None:
    ran = hani("--log-format", "json", "nightly", "--dry-run")
    (entry,) = entries(ran)
    assert ran.code == 0 and entry["event"] == "remark" and entry["message"].endswith("would be asked for; nothing was")
    assert hani("nightly", "--dry-run").err == f"{entry['message']}\n"


def test_what_was_chosen_is_handed_on_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_manner", logs.Manner("json"))
    environment = {"HANI_LOG": "info"}
    logs.hand_on(environment)
    assert environment == {"HANI_LOG": "info", "HANI_LOG_FORMAT": "json"}


@pytest.mark.parametrize(
    ("arguments", "code", "event"),
    [
        (["nightly", "--what"], 2, "usage"),
        (["unknown"], 2, "usage"),
        (["show", "1"], 2, "error"),
        (["nightly", "--origin", "http://127.0.0.1:1"], 3, "error"),
    ],
)
def test_a_refusal_is_an_entry_of_the_log_too(hani: Hani, arguments: list[str], code: int, event: str) -> None:
    ran = hani("--log-format", "json", *arguments)
    (entry,) = entries(ran)
    assert (ran.code, entry["code"], entry["event"], entry["level"]) == (code, code, event, "error")


CRASH = """
import threading, jobs.crawling
def crash(session):
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    raise RuntimeError('a wheel \\x1b[31m came "off"')
jobs.crawling.crawl = crash
from jobs.cli import main
main()
"""


def test_a_fault_is_one_entry_with_its_traceback(site: Replica, tmp_path: Path) -> None:
    asked = ["nightly", "--origin", site.origin]
    ran = run_hani(tmp_path / "a.db", tmp_path, "--log-format", "json", *asked, script=CRASH)
    thread, fault = [entry for entry in entries(ran) if entry["event"] == "crash"]
    assert "ZeroDivisionError" in thread["traceback"]
    assert (ran.code, fault["level"]) == (1, "critical")
    assert fault["message"] == 'RuntimeError: a wheel [31m came "off"' and "in crash" in fault["traceback"]
    plain = run_hani(tmp_path / "a.db", tmp_path, *asked, script=CRASH)
    assert plain.code == 1 and plain.err.count("Traceback (most recent call last)") == 2


STOPPED = """
import os, signal, jobs.{module}
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs in the background ignore it
def stop(*_):
    os.kill(os.getpid(), signal.{signal})
    raise AssertionError("it went on")
jobs.{module}.{function} = stop
from jobs.cli import main
main()
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(
    ("module", "function", "command"),
    [("crawling", "crawl", "nightly"), ("crawling", "knock", "nightly"), ("notify", "targets_of", "notify")],
)
def test_a_stop_is_one_sentence_and_code_130_wherever_it_comes(
    site: Replica, tmp_path: Path, name: str, module: str, function: str, command: str
) -> None:
    script = STOPPED.format(module=module, function=function, signal=name)
    asked = [command, *(["--origin", site.origin] if command == "nightly" else [])]
    ran = run_hani(tmp_path / "a.db", tmp_path, *asked, script=script)
    assert (ran.code, ran.out, ran.err) == (130, "", "hani: stopped\n")
    ran = run_hani(tmp_path / "a.db", tmp_path, "--log-format", "json", *asked, script=script)
    assert ran.code == 130 and [(e["event"], e["code"]) for e in entries(ran)] == [("stopped", 130)]
    if function == "crawl":  # the runs had begun, and are closed
        assert rows(tmp_path / "a.db", "select status from runs") == [{"status": "interrupted"}] * 2


def test_a_reader_that_has_read_enough_is_no_failure(tmp_path: Path) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "jobs", "--db", "a.db", "schedule", "--list"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=ours,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
        )
    finally:
        os.close(ours)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_a_library_warns_of_is_an_entry_too(site: Replica, tmp_path: Path) -> None:
    script = """
import logging, jobs.crawling
crawl = jobs.crawling.crawl
def warned(session):
    logging.getLogger("scrapy.core").warning("beware of %s", "the dog")
    logging.getLogger("scrapy.core").info("nothing to see")
    crawl(session)
jobs.crawling.crawl = warned
from jobs.cli import main
main()
"""
    asked = ["recrawl", ADDRESS, "--origin", site.origin, "--delay", "0"]
    ran = run_hani(tmp_path / "a.db", tmp_path, "--log-format", "json", *asked, script=script)
    warned = [entry for entry in entries(ran) if entry["level"] == "warning"]
    assert [(e["event"], e["message"]) for e in warned] == [("scrapy.core", "beware of the dog")]
    assert "nothing to see" not in ran.err


# --- on a terminal ---------------------------------------------------------------------------------------------------


def on_terminal(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command at a terminal of its own; its exit code and all that the terminal was sent."""
    ours, theirs = pty.openpty()
    environment = {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "160", "LINES": "40"}
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs", "--db", str(folder / "archive.db"), *arguments],
        cwd=folder,
        env={**{k: v for k, v in os.environ.items() if k != "HANI_DB"}, **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    sent = bytearray()
    try:
        while select.select([ours], [], [], PATIENCE)[0]:
            try:
                read = os.read(ours, 65536)
            except OSError:  # Linux: the other end is closed
                break
            if not read:
                break
            sent += read
    finally:
        os.close(ours)
        if process.poll() is None:
            process.send_signal(signal.SIGHUP)
    return process.wait(PATIENCE), sent.decode("utf-8", "replace")


def test_on_a_terminal_a_bar_shows_rate_and_remaining_time(site: Replica, tmp_path: Path) -> None:
    code, sent = on_terminal(tmp_path, "nightly", "--origin", site.origin, "--delay", "0.02")
    assert code == 0, sent
    assert re.search(r"\d+/\d+.* [1-9][\d,]*/min .*\d:\d\d:\d\d.* left .*\d:\d\d:\d\d", sent)
    assert "Changes by kind" in sent  # the whole report follows
    assert not re.search(r"^\d\d:\d\d:\d\d new ", sent, re.M)


def test_on_a_terminal_a_rebuild_shows_rate_and_remaining_time(site: Replica, hani: Hani, tmp_path: Path) -> None:
    hani("nightly", "--origin", site.origin, "--delay", "0")
    code, sent = on_terminal(tmp_path, "rebuild", "--workers", "1")
    assert code == 0, sent
    assert re.search(r"\d+/\d+.*/s .*\d:\d\d:\d\d.* left .*\d:\d\d", sent)


def test_on_a_terminal_a_log_of_json_has_no_bar(site: Replica, tmp_path: Path) -> None:
    code, sent = on_terminal(
        tmp_path, "--log-format", "json", "recrawl", ADDRESS, "--origin", site.origin, "--delay", "0"
    )
    assert code == 0 and "/min" not in sent and '"event": "stored"' in sent
