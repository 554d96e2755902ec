"""What is said on standard error: plain lines or JSON, one object a line, without any secret.

A run's steps are told where somebody watches or asks; the lines that `hani cron` and `hani systemd` print ask for nothing at all:
cron sends by mail whatever is printed. What a run did stands in its report in the archive.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from archive.text import printable
from archive.times import stamp
from jobs.telling.blotting import blot

FORMATS = ("plain", "json")
LEVELS = ("quiet", "normal", "info")
"""quiet: warnings alone; normal: and a run's report; info: and a line for each step."""
FORMAT_VARIABLE, LEVEL_VARIABLE = "HANI_LOG_FORMAT", "HANI_LOG"
MOST_CHARACTERS = 4000  # of a text in one entry; a traceback may have as many lines

log = logging.getLogger("hani")


@dataclass(slots=True)
class Manner:
    """How things are said, as far as somebody has chosen; `context` goes into every entry of a JSON log."""

    format: str | None = None
    level: str | None = None
    context: dict[str, Any] = field(default_factory=dict)


_manner = Manner()


def start(form: str | None, level: str | None) -> None:
    """Begin to log as an option says, else as a variable does.

    Raises UsageError for a variable that says something else.
    """
    _manner.format = form or _chosen(FORMAT_VARIABLE, FORMATS)
    _manner.level = level or _chosen(LEVEL_VARIABLE, LEVELS)
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, ToStandardError):
            root.removeHandler(handler)
    root.addHandler(ToStandardError())
    _set_levels()


def settle(form: str | None, level: str | None) -> None:
    """What a configuration says, where nothing else did."""
    _manner.format = _manner.format or form
    _manner.level = _manner.level or level
    _set_levels()


def hand_on(environment: MutableMapping[str, str]) -> None:
    """Let the processes that are given this environment say as much, and in the same form, as was chosen for this one."""
    for variable, value in ((FORMAT_VARIABLE, _manner.format), (LEVEL_VARIABLE, _manner.level)):
        if value is not None:
            environment[variable] = value


def bind(**context: Any) -> None:
    """Let every entry from now on say this too."""
    _manner.context.update(context)


def as_json() -> bool:
    """Whether the log is one of JSON."""
    return _manner.format == "json"


def level() -> str:
    """How much is said; who asks for a log of JSON gets all of it."""
    return _manner.level or ("info" if as_json() else "normal")


def wants_report() -> bool:
    """Whether a run's report is printed: unless nothing is to be said, and not amid a log of JSON in a file."""
    return level() != "quiet" and (not as_json() or sys.stdout.isatty())


def complain(sentence: str, event: str, code: int) -> None:
    """Say on standard error why a command ends: as a sentence, or as an entry of the log."""
    if as_json():
        log.error("%s", sentence, extra={"fields": {"event": event, "code": code}})
    else:
        click.echo(f"hani: {blot(sentence)}", err=True)


def remark(sentence: str) -> None:
    """Say on standard error what a person should know beside a command's output: as a sentence, or as an entry of the log."""
    if as_json():
        log.warning("%s", sentence.removeprefix("hani: "), extra={"fields": {"event": "remark"}})
    else:
        click.echo(blot(sentence), err=True)


def _chosen(variable: str, allowed: tuple[str, ...]) -> str | None:
    value = os.environ.get(variable)
    if value and value not in allowed:
        raise click.UsageError(f"{variable} must be one of {', '.join(allowed)}, not {value!r}.")
    return value or None


def _set_levels() -> None:
    log.setLevel(logging.INFO if level() == "info" else logging.WARNING)
    # The schedule is a service: its few lines a day are its life.
    logging.getLogger("hani.schedule").setLevel(logging.WARNING if level() == "quiet" else logging.INFO)


class ToStandardError(logging.StreamHandler[TextIO]):
    """The one handler: to whatever standard error is now, since a progress bar takes its place for a while."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.addFilter(worth_saying)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Standard error."""
        return sys.stderr

    def format(self, record: logging.LogRecord) -> str:
        """An entry as it is written: the last step, so nothing gets past the blotting, no traceback either."""
        return blot(json_entry(record) if as_json() else plain_entry(record))


def worth_saying(record: logging.LogRecord) -> bool:
    """Scrapy's own log is for warnings alone: each step is told of by the session."""
    return record.levelno >= logging.WARNING or record.name.startswith("hani")


def plain_entry(record: logging.LogRecord) -> str:
    """An entry as a line of text: `03:30:02 new 1095276 Title`; a traceback below it. The day stands in what may be a file."""
    form = "%H:%M:%S" if sys.stderr.isatty() else "%Y-%m-%d %H:%M:%S"
    at = datetime.fromtimestamp(record.created).strftime(form)
    text = printable(record.getMessage())[:MOST_CHARACTERS]
    return "\n".join([f"{at} {text}", *([_traceback(record)] if record.exc_info else [])])


def json_entry(record: logging.LogRecord) -> str:
    """An entry as JSON: time (UTC), level, event, what is known of the run and of the step, message."""
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    entry = {
        "time": stamp(datetime.fromtimestamp(record.created, UTC)),
        "level": record.levelname.lower(),
        "event": "log" if record.name.startswith("hani") else record.name,
        **_manner.context,
        **fields,
        "message": printable(record.getMessage())[:MOST_CHARACTERS],
    }
    if record.exc_info:
        entry["traceback"] = _traceback(record)
    return json.dumps(_blotted(entry), ensure_ascii=False)


def _blotted(value: Any) -> Any:
    """Blotted before it is written as JSON, where a quotation mark in a secret would be spelt otherwise."""
    if isinstance(value, str):
        return blot(value)
    if isinstance(value, dict):
        return {key: _blotted(item) for key, item in value.items()}
    return [_blotted(item) for item in value] if isinstance(value, list | tuple) else value


def _traceback(record: logging.LogRecord) -> str:
    assert record.exc_info
    return "".join(traceback.format_exception(*record.exc_info)).rstrip()


def crashed(error: BaseException) -> None:
    """Tell of a fault of this program, as Python does, but blotted."""
    if as_json():
        text = f"{type(error).__name__}: {error}"
        log.critical("%s", text, exc_info=error, extra={"fields": {"event": "crash"}})
    else:
        sys.stderr.write(blot("".join(traceback.format_exception(error))))
