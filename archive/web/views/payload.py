"""The pages as they arrived, where the server is told to hand them out."""

import sqlite3

from archive.errors import UnusableArchive
from archive.payloads import read_payload
from archive.web.answers import Asked, File, NotThere


def payload(connection: sqlite3.Connection, asked: Asked) -> File:
    """A body as it arrived, as a file to be kept: it is as hostile as the web, so no browser is to show it here."""
    if not asked.payloads:
        raise NotThere("The pages as they arrived are not handed out here.")
    name = asked.path["digest"]
    try:
        body = read_payload(connection, name)
    except UnusableArchive as error:
        raise NotThere(f"{str(error).capitalize()}.") from error
    return File(body, "application/octet-stream", headers={"content-disposition": f'attachment; filename="{name}"'})
