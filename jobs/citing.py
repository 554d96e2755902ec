"""The command that cites: how to name a version of an article in somebody else's text."""

from contextlib import closing

import click

from archive.database import open_reader
from archive.display.citations import citation, to_bibtex, to_csl_json, to_text
from archive.display.links import is_public_url
from archive.reads import queries
from archive.web.addresses import Addresses
from jobs.cli import Options, json_option
from jobs.reading import article_number

FORMATS = {"text": to_text, "bibtex": to_bibtex, "csl-json": to_csl_json}


def web_address(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """An option that names a server on the web."""
    if value is not None and not is_public_url(value):
        raise click.BadParameter(f"{value!r} is no address such as https://archive.example.")
    return value


@click.command()
@click.argument("version")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="The form.")
@click.option(
    "--address",
    metavar="URL",
    callback=web_address,
    help="Where the archive is served (default: public_url of hani.toml); the version's address there is cited too.",
)
@json_option
@click.pass_obj
def cite(options: Options, version: str, form: str, address: str | None, as_json: bool) -> None:
    """Print how to cite a version: author, title, stamps, address, version, capture and its digest.

    VERSION is a version's id, or an article's number or address, which stands for its newest version. The page of a version
    shows the same. --json is --format csl-json.

    \b
    Example:
        hani cite 1095276@3f2a9c0d1e5b
        hani cite 1095276 --format bibtex --address https://archive.example
    """
    number = article_number(version)
    with closing(open_reader(options.database)) as archive:
        found = queries.article(archive, number)
        which = version.strip() if "@" in version else found["version_id"]
        cited = queries.version(archive, number, which)
    write = to_csl_json if as_json or options.as_json else FORMATS[form]
    served = address or options.config.serve.public_url
    own = Addresses(served.rstrip("/")).version(cited["id"]) if served else None
    click.echo(write(citation(cited, found["url"], own)), nl=False)
