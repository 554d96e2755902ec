"""Where Datasette 0.65 and 1.0 differ."""

from typing import Any


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
