"""What a server may be told: the plugin's settings, in Datasette's configuration or by `hani serve`."""

from dataclasses import dataclass, fields
from typing import Any

PLUGIN = "hani"


@dataclass(frozen=True, slots=True)
class Settings:
    """`payloads`: raw pages may be read; `indexed`: search engines may come; `public_url`: where the world finds us."""

    payloads: bool = False
    indexed: bool = False
    public_url: str | None = None


def settings(datasette: Any) -> Settings:
    """The settings of a server; what is not said is as safe as can be."""
    given = datasette.plugin_config(PLUGIN) or {}
    known = {field.name: given[field.name] for field in fields(Settings) if field.name in given}
    return Settings(**{name: value for name, value in known.items() if _fits(name, value)})


def _fits(name: str, value: object) -> bool:
    return (
        isinstance(value, str) and value.startswith(("http://", "https://")) if name == "public_url" else value is True
    )
