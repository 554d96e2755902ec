"""The command that sets an installation up: init."""

import json
import sys
from pathlib import Path

import click

from crawler.config import load
from crawler.errors import BadConfig
from jobs.cli import Options
from jobs.placing import place

TEMPLATE = """\
# The configuration of hani; every setting but the contact may be left out.

[crawl]
contact = {contact}      # stands in the User-Agent: a mail or web address at which the site can reach you
delay = 2.0              # seconds between two requests, over both hosts
max_requests = 3000      # of one run; what is left over waits for the next
max_minutes = 180

[archive]
database = {database}    # relative to this file

[schedule]
hour = {hour}            # of the night, in Korea (KST)
minute = 30
# jitter = 10            # minutes: by up to so many a run is put off at random
# timezone = "Asia/Seoul"

# [schedule.jobs.weekly]       # a walk over every list to its end; also there: nightly, duplicates
# on = false
# [schedule.jobs.often]        # jobs of your own: a command of hani, and cron = "0 5 * * mon-fri" or every = "20 minutes"
# command = "nightly --pages 1"
# every = "20 minutes"

[recheck]
policy = "hazard"        # which known articles are asked again: hazard, newsdiffs, g0v, feed or everything
# budget = 300           # at most so many of them a day, over all runs of it (default: only max_requests)

# [[notify]]             # who is told of what; more in the README, "Being told"
# url_env = "HANI_MAIL"  # a variable that holds an Apprise url, such as mailtos://…; or url_file = "mail.url", of mode 600
# on = ["failure", "drift", "silent", "removal"]

# [ping]                 # a dead-man's switch, as healthchecks.io has it
# url_env = "HANI_PING"

# [serve]                # the archive as pages to read: `hani serve`; options say otherwise
# host = "0.0.0.0"       # open to other machines (default: to this one alone)
# port = 8001
# public_url = "https://archive.example"     # where a proxy in front of it lets the world find it
# sql = true             # readers may ask any question, of at most a second
# payloads = true        # and download the pages as they arrived
# indexed = true         # search engines may come

# [site]
# origin = "http://127.0.0.1:8800"      # ask this server in the site's stead (a mirror, a replica)
# sections = ["e_national", "e_international"]
"""


@click.command()
@click.option("--contact", metavar="ADDRESS", help="A mail or web address for the User-Agent.")
@click.option("--database", metavar="PATH", help="The archive's database (default: --db, else hankyoreh.db).")
@click.option("--hour", type=click.IntRange(0, 23), help="The hour of the night in Korea (default: 3).")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@click.pass_obj
def init(options: Options, contact: str | None, database: str | None, hour: int | None, force: bool) -> None:
    """Write hani.toml: the contact for the User-Agent, the database, the hour of the night.

    What is not given is asked for on a terminal.

    \b
    Example:
        hani init --contact archive@library.example --hour 4
    """
    path = Path(options._config or "hani.toml")
    if path.exists() and not force:
        raise BadConfig(f"{path} exists already; --force writes over it")
    asks = sys.stdin.isatty()
    if contact is None:
        if not asks:
            raise click.UsageError("--contact is needed: an address at which the site can reach you.")
        contact = str(click.prompt("Contact for the User-Agent (a mail or web address)"))
    named = database or options._db
    if named is None:
        named = str(click.prompt("Database", default="hankyoreh.db")) if asks else "hankyoreh.db"
    if hour is None:
        hour = int(click.prompt("Hour of the night in Korea", default=3, type=click.IntRange(0, 23))) if asks else 3
    if not contact.strip() or not contact.isprintable():
        raise BadConfig("the contact must be one line of text: a mail address or a web address")
    text = TEMPLATE.format(contact=_toml(contact), database=_toml(named), hour=hour)
    try:
        place(path, text)
    except OSError as error:
        raise BadConfig(f"{path} cannot be written: {error.strerror}") from error
    load(path)
    click.echo(
        f"wrote {path}; `hani nightly` makes the first run, `hani schedule`, `hani cron` or `hani systemd` repeat it"
    )


def _toml(text: str) -> str:
    """A text as a TOML string: JSON's form is one, as long as no character needs a surrogate pair."""
    return json.dumps(text, ensure_ascii=False)
