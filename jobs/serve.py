"""The command that opens the archive to readers: serve."""

import errno
import json
import logging
import signal
import socket
import sys
import warnings
import webbrowser
from collections.abc import Callable
from dataclasses import fields, replace
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click
import uvicorn

from archive.database import open_reader
from archive.text import printable
from archive.web import ready
from crawler.config import Serve, check_serve
from jobs import logs
from jobs.cli import Options, json_option

GRACE = 1  # seconds that answers under way still have when the server is told to end
MOST_AT_ONCE = 200  # requests and idle connections; beyond that one is told to come back
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


class Unbindable(click.ClickException):
    """The server cannot listen where it is told to."""


@click.command()
@click.option("--host", metavar="ADDRESS", help="Listen at this address of the machine (default: 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen at this port (default: 8001; 0: any free one).")
@click.option("--open", "opens", is_flag=True, help="Open the front page in a browser.")
@click.option("--sql/--no-sql", default=None, help="Let readers ask any question in SQL, of a second at most.")
@click.option("--payloads/--no-payloads", default=None, help="Let readers download the pages as they arrived.")
@click.option("--indexed/--not-indexed", default=None, help="Let search engines come.")
@click.option("--public-url", metavar="URL", help="Where the world finds it, such as https://archive.example.")
@json_option
@click.pass_obj
def serve(options: Options, /, opens: bool, as_json: bool, **given: Any) -> None:
    """Open the archive to readers, as pages in a browser, until stopped.

    The archive is only read, also while a crawl writes it. What is not given here stands in [serve] of hani.toml.

    \b
    Example:
        hani serve --open
        hani serve --host 0.0.0.0 --public-url https://archive.example
    """
    config = options.config
    logs.settle(config.log.format, config.log.level)
    told = replace(config.serve, **{name: value for name, value in given.items() if value is not None})
    check_serve(told, "hani serve")
    run(options.database, told, opens, options.as_json or as_json)


def run(database: Path, told: Serve, opens: bool = False, as_json: bool = False) -> None:
    """Serve an archive until SIGINT or SIGTERM.

    Raises ArchiveError for what is no archive of this program's version, Unbindable where the address cannot be had.
    """
    open_reader(database).close()
    bound = listening(told.host, told.port)
    address = address_of(bound, told)
    datasette = ready.made_ready(database, offer(told))

    def begun() -> None:
        announce(address, database, told, as_json)
        if opens:
            webbrowser.open(address)

    server = Server(datasette, begun)
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn gives them back at its end, and then raises them again
        signal.signal(number, server.stop)
    # Datasette leaves questions unasked where another one of the same page has failed.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    with bound:
        server.run(sockets=[bound])


class Server(uvicorn.Server):
    """A server that says when it can be asked, and ends at once what is asked when it is to end."""

    def __init__(self, datasette: Any, begun: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                datasette.app(),
                lifespan="on",
                log_config=None,
                log_level=logging.ERROR,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # --public-url says what a proxy would
                limit_concurrency=MOST_AT_ONCE,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._datasette, self._begun = datasette, begun

    def stop(self, number: int, frame: FrameType | None) -> None:
        """End, as a handler of a signal."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self._begun()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Interrupt the archive's questions, so that no thread outlives the server."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        ready.interrupt(self._datasette)
        await super().shutdown(sockets)
        ready.interrupt(self._datasette)
        self._datasette.executor.shutdown(wait=False, cancel_futures=True)


def offer(told: Serve) -> ready.Offer:
    """What readers get, of what hani.toml and the options say."""
    same = {field.name: getattr(told, field.name) for field in fields(Serve) if field.name not in ("host", "port")}
    return ready.Offer(**same, hosts=names_of(told))


def names_of(told: Serve) -> tuple[str, ...]:
    """The names that the server answers to: any where it is open to other machines, else this one's, and its public one."""
    if not is_local(told.host):
        return ()
    public = urlsplit(told.public_url or "").hostname
    named = [*LOCAL_NAMES, _bracketed(told.host.lower())]
    return tuple(dict.fromkeys([*named, _bracketed(public)] if public else named))


def is_local(host: str) -> bool:
    """Whether an address can only be asked from this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def listening(host: str, port: int) -> socket.socket:
    """A socket at an address of this machine.

    Raises Unbindable.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise Unbindable(f"there is no address {host} to serve at; --host names one of this machine.") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
        bound.listen()
    except OSError as error:
        bound.close()
        raise Unbindable(_unbindable(error, host, port)) from error
    return bound


def _unbindable(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; end what uses it, or name another with --port (0: any free one)."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; --host names one, such as 127.0.0.1 or 0.0.0.0."
    if error.errno == errno.EACCES:
        return f"port {port} is kept for root; name one above 1023 with --port."
    return f"nothing can be served at {host}, port {port}: {error.strerror}."


def address_of(bound: socket.socket, told: Serve) -> str:
    """Where the front page is on this machine."""
    host, port = bound.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, _bracketed(host))
    path = urlsplit(told.public_url or "").path.rstrip("/")
    return f"http://{name}:{port}{path}/"


def announce(address: str, database: Path, told: Serve, as_json: bool) -> None:
    """Say where the archive can be read, in one line; and in a second one that others can read it too."""
    if as_json:
        click.echo(json.dumps({"address": address, "public_url": told.public_url, "database": str(database)}))
    elif logs.level() != "quiet":
        where = f"{address} and, through a proxy, at {told.public_url}" if told.public_url else address
        click.echo(f"{printable(str(database))} can be read at {where} (Ctrl-C ends this)")
        if not is_local(told.host):
            click.echo("Every computer that reaches this one can read it too.")
    sys.stdout.flush()
