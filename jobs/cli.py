"""The command line: which commands there are, the options they share, and how errors are said.

Nothing is imported before its command runs: `hani --help` costs little more than Python itself.
"""

import importlib
import io
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from jobs.screen.colours import CHOICES, wants_colour

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from crawler.config import Config

USAGE, UNREACHABLE, LOCKED, STORAGE, INTERRUPTED = 2, 3, 4, 1, 130
COMPLETE = "_HANI_COMPLETE"  # the variable by which a shell asks what may follow
DEGRADED, PARTLY_FAILED = 5, 6  # the site's layout drifted; more addresses failed than a run may lose

COMMANDS = {
    "nightly": ("jobs.crawling", "Walk feed and lists, fetch what is new, check what is due"),
    "recrawl": ("jobs.crawling", "Fetch single articles again, by address or number"),
    "status": ("jobs.status", "Say at a glance whether all is well, and what is not"),
    "report": ("jobs.report", "Show a run's report: on the terminal, as JSON, as a page"),
    "gaps": ("jobs.gaps", "List what was named by feed or lists and is not stored, with the reason"),
    "show": ("jobs.reading", "Show an article as it stands"),
    "versions": ("jobs.reading", "List an article's versions, a line each"),
    "diff": ("jobs.differing", "Show what changed between two versions, word by word"),
    "search": ("jobs.searching", "Search the archive"),
    "cite": ("jobs.citing", "Print how to cite a version: as text, BibTeX or CSL-JSON"),
    "changes": ("jobs.chronicle", "List what the newspaper changed, the biggest edit first"),
    "removed": ("jobs.chronicle", "List what the newspaper took away, with the evidence"),
    "as-of": ("jobs.asof", "Show the archive, or one article, as it stood at a moment"),
    "duplicates": ("jobs.duplicates", "Find the same story under different numbers"),
    "rebuild": ("jobs.rebuilding", "Derive everything anew from the captures"),
    "reprocess": ("jobs.rebuilding", "Read stored pages with today's cleaner; say what would differ"),
    "notify": ("jobs.notify", "Show what a run tells people, or send a test"),
    "init": ("jobs.setup", "Write hani.toml, the configuration"),
    "schedule": ("jobs.schedule", "Run the jobs of hani.toml by itself, until stopped"),
    "cron": ("jobs.install", "Print the crontab lines for this installation"),
    "systemd": ("jobs.install", "Print the systemd units and timers for this installation"),
    "serve": ("jobs.serve", "Open the archive to readers, as pages in a browser"),
    "completion": ("jobs.completion", "Print what makes bash, zsh or fish complete hani's commands"),
    "demo": ("jobs.demo", "Run a week of nights on the bundled copy of the site, and open the archive"),
}
IN_MARKDOWN = ("show", "versions", "diff", "search", "changes", "removed", "as-of", "duplicates", "status", "gaps")


class LazyGroup(click.Group):
    """A group whose commands are imported when they run; their one-line helps stand in COMMANDS."""

    def invoke(self, ctx: click.Context) -> Any:
        """Begin to log before anything can go wrong with a command."""
        from jobs import logs

        quiet, verbose = ctx.params.pop("quiet"), ctx.params.pop("verbose")
        logs.start(ctx.params.pop("log_format"), "quiet" if quiet else "info" if verbose else None)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would write an empty line first
            raise click.Abort from None
        except BrokenPipeError:  # click would end with 1: who reads has read enough, nothing has failed
            let_go_of_output()
            return None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and take the command."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """The commands and options that begin so, without importing a command."""
        from click.shell_completion import CompletionItem

        named = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


class Options:
    """The options before the command, and the configuration they lead to."""

    def __init__(self, db: str | None, config: str | None, color: str = "auto", pager: bool = True) -> None:
        self._db, self._config, self.color, self.pager = db, config, color, pager
        self.form: str | None = None

    def choose(self, form: str) -> None:
        """Print in this form, `json` or `md`, instead of for people at a terminal.

        Raises UsageError where the other one was chosen already.
        """
        if self.form not in (None, form):
            raise click.UsageError("Give --json or --md, not both.")
        self.form = form

    @property
    def as_json(self) -> bool:
        """Whether records and reports are printed as JSON."""
        return self.form == "json"

    @property
    def as_md(self) -> bool:
        """Whether what is read is printed as Markdown."""
        return self.form == "md"

    @property
    def config(self) -> "Config":
        """The configuration: of --config, else of ./hani.toml, else the defaults. The log is as it says from now on.

        Raises BadConfig.
        """
        from crawler.config import Config, load
        from jobs import logs

        path = Path(self._config or "hani.toml")
        config = load(path) if self._config is not None or path.is_file() else Config()
        logs.settle(config.log.format, config.log.level)
        return config

    @property
    def config_path(self) -> Path | None:
        """The configuration's file, if there is one."""
        path = Path(self._config or "hani.toml")
        return path.resolve() if path.is_file() else None

    @property
    def database(self) -> Path:
        """The archive: of --db, else of HANI_DB, else of the configuration, else hankyoreh.db."""
        if named := self._db or os.environ.get("HANI_DB"):
            self.check_config()
            return Path(named)
        if self._config is None and not Path("hani.toml").is_file():
            return Path("hankyoreh.db")
        return self.config.database

    def check_config(self) -> None:
        """A configuration that was named must be right, also where nothing of it is needed.

        Raises BadConfig.
        """
        if self._config is not None:
            _ = self.config


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--db", metavar="PATH", help="The archive's database (default: HANI_DB, else hankyoreh.db).")
@click.option("--config", metavar="PATH", help="The configuration (default: ./hani.toml, if there is one).")
@click.option("--json", "as_json", is_flag=True, help="Print records and reports as JSON.")
@click.option("--md", "as_md", is_flag=True, help="Print what is read as Markdown.")
@click.option(
    "--color", type=click.Choice(CHOICES), default="auto", help="Colours: always, never, or on a terminal (auto)."
)
@click.option("--no-pager", is_flag=True, help="Never show what is longer than the screen through a pager.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but warnings and errors, no report either.")
@click.option("-v", "--verbose", is_flag=True, help="Say each step, a line each, instead of a bar.")
@click.option("--log-format", type=click.Choice(["plain", "json"]), help="How the log on standard error is written.")
@click.version_option("0.1.0", prog_name="hani")
@click.pass_context
def cli(
    ctx: click.Context, db: str | None, config: str | None, as_json: bool, as_md: bool, color: str, no_pager: bool
) -> None:
    """A versioned archive of The Hankyoreh's English edition.

    Fetches what the newspaper published and keeps what it changed afterwards.

    \b
    Exit codes: 0 done, 1 the archive could not be written or read, 2 bad usage or input,
                3 site unreachable, 4 another crawl of this archive is running, 5 the layout has drifted,
                6 more addresses failed than a run may lose.
    """
    ctx.obj = options = Options(db, config, color, not no_pager)
    ctx.color = wants_colour(color)
    for form in [name for name, holds in (("json", as_json), ("md", as_md)) if holds]:
        options.choose(form)
    if as_md and ctx.invoked_subcommand not in IN_MARKDOWN:
        raise click.UsageError(
            f"--md goes with {', '.join(IN_MARKDOWN)}; hani {ctx.invoked_subcommand} has no Markdown."
        )


def main() -> NoReturn:
    """Run the command line; every refusal is one sentence on standard error and a documented exit code."""
    threading.excepthook = crashed_in_thread
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # a terminal without Hangul shows question marks
    if COMPLETE in os.environ:
        importlib.import_module("jobs.completion")  # how the shells are answered
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends a command as Ctrl-C does
    try:
        cli.main(standalone_mode=False)
        code = 0
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        refuse(error)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        complain("stopped", "stopped", INTERRUPTED)
        code = INTERRUPTED
    except Exception as error:
        code = tell(error)
    sys.exit(code or flushed())


def flushed() -> int:
    """Write out what is left of standard output; the exit code of a failure to do so."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        let_go_of_output()
    except OSError as error:
        let_go_of_output()
        return tell(error)
    return 0


def let_go_of_output() -> None:
    """Send what is left of standard output nowhere, so that Python does not complain when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def refuse(error: click.ClickException) -> None:
    """Say what is wrong with a command line."""
    from jobs import logs

    if logs.as_json():
        logs.complain(" ".join(error.format_message().split()), "usage", error.exit_code)
    else:
        error.show()


def complain(sentence: str, event: str, code: int) -> None:
    """Say in one sentence why a command ends."""
    from jobs import logs

    logs.complain(sentence, event, code)


def tell(error: Exception) -> int:
    """Say what went wrong: a sentence, or, of a fault of this program, all that is known. The exit code."""
    from jobs import logs

    sentence = explain(error)
    if sentence is None:
        logs.crashed(error)
        return STORAGE
    complain(sentence[0], "error", sentence[1])
    return sentence[1]


def crashed_in_thread(crash: threading.ExceptHookArgs) -> None:
    """Tell of a fault in a thread in the same way."""
    from jobs import logs

    if crash.exc_value is not None:
        logs.crashed(crash.exc_value)


def explain(error: Exception) -> tuple[str, int] | None:
    """An error as one sentence and an exit code; None for one that is a fault of this program."""
    import sqlite3

    from archive import troubles
    from archive.errors import ArchiveError, ArchiveLocked, UnusableArchive
    from archive.text import printable

    crawler_errors = sys.modules.get("crawler.errors")
    text = printable(" ".join(str(error).split()))
    if isinstance(error, ArchiveLocked):
        return text, LOCKED
    if isinstance(error, UnusableArchive):
        return text, STORAGE
    if crawler_errors and isinstance(error, crawler_errors.SiteUnreachable):
        return text, UNREACHABLE
    if isinstance(error, ArchiveError) or (crawler_errors and isinstance(error, crawler_errors.CrawlerError)):
        return text, USAGE
    if isinstance(error, sqlite3.Error):
        return printable(troubles.of_database(error)), STORAGE
    if isinstance(error, OSError):
        return printable(troubles.of_file(error)), STORAGE
    return None


def json_option(command: Any) -> Any:
    """`--json` behind a command too, where people look for it."""
    return click.option("--json", "as_json", is_flag=True, help="Print as JSON.")(command)


def form_options(command: Any) -> Any:
    """`--json` and `--md` behind a command too; `Options.form` says which one was given, here or there."""
    for name, what in (("md", "Markdown"), ("json", "JSON")):
        option = click.option(f"--{name}", is_flag=True, expose_value=False, callback=_choose, help=f"Print as {what}.")
        command = option(command)
    return command


def _choose(ctx: click.Context, parameter: click.Parameter, chosen: bool) -> None:
    options = ctx.find_object(Options)
    if chosen and options is not None and parameter.name is not None:
        options.choose(parameter.name)
