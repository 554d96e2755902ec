"""The command line: which commands there are, the options they share, and how errors are said.

Nothing is imported before its command runs: `hani --help` costs little more than Python itself.
"""

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from crawler.config import Config

USAGE, UNREACHABLE, LOCKED, STORAGE, INTERRUPTED = 2, 3, 4, 1, 130
DEGRADED, PARTLY_FAILED = 5, 6  # the site's layout drifted; more addresses failed than a run may lose

COMMANDS = {
    "nightly": ("jobs.crawling", "Walk feed and lists, fetch what is new, check what is due"),
    "recrawl": ("jobs.crawling", "Fetch single articles again, by address or number"),
    "show": ("jobs.reading", "Show an article as it stands"),
    "versions": ("jobs.reading", "List an article's versions, a line each"),
    "diff": ("jobs.reading", "Show what changed between two versions, word by word"),
    "search": ("jobs.reading", "Search the archive"),
    "changes": ("jobs.chronicle", "List what the newspaper changed, the biggest edit first"),
    "removed": ("jobs.chronicle", "List what the newspaper took away, with the evidence"),
    "as-of": ("jobs.chronicle", "Show the archive, or one article, as it stood at a moment"),
    "duplicates": ("jobs.duplicates", "Find the same story under different numbers"),
    "rebuild": ("jobs.rebuilding", "Derive everything anew from the captures"),
    "reprocess": ("jobs.rebuilding", "Read stored pages with today's cleaner; say what would differ"),
    "init": ("jobs.setup", "Write hani.toml, the configuration"),
    "cron": ("jobs.setup", "Print the crontab line for this installation"),
    "schedule": ("jobs.schedule", "Run nightly by itself, until stopped"),
    "demo": ("jobs.demo", "Run two nights on the bundled copy of the site"),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they run; their one-line helps stand in COMMANDS."""

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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


class Options:
    """The options before the command, and the configuration they lead to."""

    def __init__(self, db: str | None, config: str | None, as_json: bool) -> None:
        self._db, self._config, self.as_json = db, config, as_json

    @property
    def config(self) -> "Config":
        """The configuration: of --config, else of ./hani.toml, else the defaults.

        Raises BadConfig.
        """
        from crawler.config import Config, load

        if self._config is not None:
            return load(Path(self._config))
        return load(Path("hani.toml")) if Path("hani.toml").is_file() else Config()

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
@click.version_option("0.1.0", prog_name="hani")
@click.pass_context
def cli(ctx: click.Context, db: str | None, config: str | None, as_json: bool) -> None:
    """A versioned archive of The Hankyoreh's English edition.

    Fetches what the newspaper published and keeps what it changed afterwards.

    \b
    Exit codes: 0 done, 1 the archive could not be written or read, 2 bad usage or input,
                3 site unreachable, 4 another crawl of this archive is running.
    """
    ctx.obj = Options(db, config, as_json)


def main() -> NoReturn:
    """Run the command line; every refusal is one sentence on standard error and a documented exit code."""
    try:
        cli.main(standalone_mode=False)
        code = 0
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("hani: stopped", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        click.echo(f"hani: {sentence[0]}", err=True)
        code = sentence[1]
    sys.exit(code)


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
