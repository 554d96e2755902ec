"""Where Datasette 0.65 and 1.0 differ."""

from typing import Any

from datasette.version import __version_info__


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
    return {"config" if int(__version_info__[0]) >= 1 else "metadata": {"plugins": told}}
