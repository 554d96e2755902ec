"""Where Datasette 0.65 and 1.0 differ."""

from collections.abc import Sequence
from typing import Any

from datasette.version import __version_info__

NEXT = int(__version_info__[0]) >= 1
"""Whether it is Datasette 1.0."""


async def allowed(datasette: Any, actor: Any, database: str) -> bool:
    """Whether an actor may see a database."""
    if hasattr(datasette, "permission_allowed"):
        for action, resource in (("view-instance", None), ("view-database", database)):
            if not await datasette.permission_allowed(actor, action, resource=resource, default=True):
                return False
        return True
    from datasette.resources import DatabaseResource

    return bool(
        await datasette.allowed(action="view-database", resource=DatabaseResource(database=database), actor=actor)
    )


def plugins(told: dict[str, Any]) -> dict[str, Any]:
    """How Datasette is told the settings of its plugins: 1.0 takes no plugin's settings from metadata."""
    return {"config" if NEXT else "metadata": {"plugins": told}}


def denied(names: Sequence[str], child: str | None) -> list[Any]:
    """These databases, or one table of each, as what nobody is allowed to see (1.0)."""
    from datasette.permissions import PermissionSQL

    return [
        PermissionSQL(
            sql=f"select :hani_{place} as parent, {':hani_child' if child else 'null'} as child, 0 as allow,"
            " 'it holds the pages as they arrived' as reason",
            params={f"hani_{place}": name} | ({"hani_child": child} if child else {}),
        )
        for place, name in enumerate(names)
    ]


async def describe(datasette: Any, names: Sequence[str], told: dict[str, Any]) -> None:
    """Tell what databases and their tables are, where Datasette keeps that in a table of its own (1.0)."""
    for name in names:
        for key in ("title", "description"):
            await datasette.set_database_metadata(name, key, told[key])
        for table, about in told["tables"].items():
            await datasette.set_resource_metadata(name, table, "description", about["description"])
