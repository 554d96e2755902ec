"""What a server may be told: the plugin's settings, in Datasette's configuration or by `hani serve`."""

from dataclasses import dataclass, fields
from typing import Any

from archive.display.links import is_public_url

PLUGIN = "hani"


@dataclass(frozen=True, slots=True)
class Settings:
    """`payloads`: raw pages may be read; `indexed`: search engines may come; `public_url`: where the world finds us.

    `hosts`: the only names under which the server answers, in small letters (none: any); a page of another site that has
    its own name lead to this machine cannot read an archive that is served for this machine alone.

    `closed`: Datasette's pages for its makers, and whatever is no GET, are turned away. `hani serve` says so; a plain
    `datasette` is its user's own, with the plugins that he has put beside ours.
    """

    payloads: bool = False
    indexed: bool = False
    public_url: str | None = None
    hosts: tuple[str, ...] = ()
    closed: bool = False


def settings(datasette: Any) -> Settings:
    """The settings of a server; what is not said is as safe as a plain Datasette can be."""
    given = datasette.plugin_config(PLUGIN) or {}
    known: dict[str, Any] = {field.name: given[field.name] for field in fields(Settings) if field.name in given}
    return Settings(**{name: _as_stored(value) for name, value in known.items() if _fits(name, value)})


def _as_stored(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fits(name: str, value: object) -> bool:
    if name == "public_url":
        return isinstance(value, str) and is_public_url(value)
    if name == "hosts":
        return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    return value is True
