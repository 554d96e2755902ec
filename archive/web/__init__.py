"""The archive as a place to read: a Datasette plugin, installed with the package.

Datasette serves the tables and their JSON; this serves pages for readers on top of the same read-only connections.
`hani serve` starts it ready; a plain `datasette hankyoreh.db` finds it by the entry point.
"""

from archive.web.hooks import (
    asgi_wrapper,
    extra_js_urls,
    forbidden,
    get_metadata,
    handle_exception,
    menu_links,
    permission_allowed,
    permission_resources_sql,
    prepare_connection,
    register_routes,
    startup,
)

__all__ = [
    "asgi_wrapper",
    "extra_js_urls",
    "forbidden",
    "get_metadata",
    "handle_exception",
    "menu_links",
    "permission_allowed",
    "permission_resources_sql",
    "prepare_connection",
    "register_routes",
    "startup",
]
