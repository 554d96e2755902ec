"""The addresses of the pages, in one place; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

ROOT = "/-/hani"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Makes addresses below `base`: the path under which Datasette is mounted, or a whole address for what leaves the site."""

    base: str = ""

    def front(self) -> str:
        """The front page."""
        return f"{self.base}/"

    def page(self, name: str, /, **asked: object) -> str:
        """A page by its name, with what is asked of it; what is None, False or empty is left out."""
        return f"{self.base}{ROOT}/{name}{query(asked)}"

    def article(self, article_id: int) -> str:
        """An article as it stands."""
        return self.page(f"article/{article_id}")

    def version(self, version_id: str, form: str = "") -> str:
        """The permanent address of a version; `form` names a citation's (.txt, .bib, .csl.json)."""
        return self.page(f"version/{quote(version_id, safe='@')}{form}")

    def compare(self, article_id: int, before: int | str, after: int | str, view: str | None = None) -> str:
        """Two versions of an article beside each other, by their numbers; by their ids for an address that is to last."""
        return f"{self.page(f'article/{article_id}/compare', **{'from': before, 'to': after, 'view': view})}#change-1"

    def compare_newest(self, article_id: int) -> str:
        """An article's last two versions beside each other."""
        return f"{self.page(f'article/{article_id}/compare')}#change-1"

    def feed(self, name: str, form: str = "atom", /, **asked: object) -> str:
        """A feed, as `atom` or `json`."""
        return self.page(f"feed/{name}.{form}", **asked)

    def section(self, code: str) -> str:
        """A section."""
        return self.page(f"section/{quote(code, safe='')}")

    def author(self, name: str) -> str:
        """An author."""
        return self.page("author", name=name)

    def day(self, day: str) -> str:
        """The archive as of a day, `2026-11-23`."""
        return self.page(f"day/{day}")

    def static(self, name: str, stamp: str) -> str:
        """A file of ours; `stamp` changes with what it holds, so it may be kept for long."""
        return f"{self.base}/-/static-plugins/hani/{name}?{stamp}"


def query(asked: Mapping[str, object]) -> str:
    """What is asked, behind a question mark; nothing where nothing is."""
    given = {name: 1 if value is True else value for name, value in asked.items() if value not in (None, False, "")}
    return f"?{urlencode(given)}" if given else ""
