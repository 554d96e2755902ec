"""A Datasette that is ready to be read: what `hani serve` tells it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasette.app import Datasette

from archive.web import compatibility
from archive.web.following import Followed

MOST_MEGABYTES = 100  # of one export as CSV
FACETS_MILLISECONDS = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """What readers get: `hosts` are the names that the server answers to (none: any), the rest as in hani.toml."""

    sql: bool = False
    payloads: bool = False
    indexed: bool = False
    public_url: str | None = None
    hosts: tuple[str, ...] = ()
    page_size: int = 50
    most_rows: int = 1000
    sql_milliseconds: int = 1000
    threads: int = 3

    @property
    def base_url(self) -> str:
        """The path under which the world sees the server."""
        path = urlsplit(self.public_url or "").path.strip("/")
        return f"/{path}/" if path else "/"

    @property
    def settings(self) -> dict[str, Any]:
        """Datasette's settings."""
        return {
            "allow_download": False,  # the file holds the raw pages
            "allow_csv_stream": True,
            "base_url": self.base_url,
            "default_allow_sql": self.sql,
            "default_cache_ttl": 0,  # a crawl may change any page at any moment
            "default_page_size": self.page_size,
            "facet_time_limit_ms": FACETS_MILLISECONDS,
            "max_csv_mb": MOST_MEGABYTES,
            "max_returned_rows": self.most_rows,
            "num_sql_threads": self.threads,
            "sql_time_limit_ms": self.sql_milliseconds,
            "suggest_facets": False,  # it reads whole tables
        }

    @property
    def plugin(self) -> dict[str, Any]:
        """Our plugin's settings."""
        return {
            "payloads": self.payloads,
            "indexed": self.indexed,
            "public_url": self.public_url,
            "hosts": list(self.hosts),
            "closed": True,
        }


def made_ready(path: Path, offer: Offer) -> Any:
    """A Datasette over an archive, read-only but never immutable: a crawl may be writing it."""
    return Datasette([str(path)], settings=offer.settings, **compatibility.plugins({"hani": offer.plugin}))


def interrupt(datasette: Any) -> None:
    """End what is being asked of its archives."""
    for database in datasette.databases.values():
        if isinstance(database, Followed):
            database.interrupt()
