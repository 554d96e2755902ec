"""Looking things up in a parsed page, quickly; pure.

A page of 60 kB holds a thousand elements, and most selectors of other generations find nothing in it: a selector whose
class or id does not occur in the page's text at all is not tried.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

_NAMED = re.compile(r"' ([\w-]+) '|contains\(@class, '([\w-]+)'|@id='([\w-]+)'")


@lru_cache(maxsize=256)
def _compiled(path: str) -> tuple[etree.XPath, tuple[str, ...]]:
    """An XPath, and the classes and ids without which it cannot find anything."""
    return etree.XPath(path), tuple(name for found in _NAMED.findall(path) for name in found if name)


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed page with the text that it was parsed from."""

    root: Any
    text: str

    def all(self, paths: tuple[str, ...], within: Any = None) -> list[Any]:
        """What the first path that finds anything finds, in the page or below one of its elements."""
        return next(self.each(paths, within), [])

    def each(self, paths: tuple[str, ...], within: Any = None) -> Iterator[list[Any]]:
        """What each path that finds anything finds."""
        for path in paths:
            compiled, names = _compiled(path)
            if all(name in self.text for name in names):
                found = compiled(self.root if within is None else within)
                if isinstance(found, list) and found:
                    yield found

    def first(self, paths: tuple[str, ...]) -> Any:
        """The first element that the first path that finds anything finds; None where none does."""
        return next(iter(self.all(paths)), None)


def outermost(elements: list[Any]) -> list[Any]:
    """Those of some elements that stand in none of the others."""
    chosen = set(elements)
    return [e for e in elements if not any(parent in chosen for parent in e.iterancestors())]


def holds(outer: Any, inner: Any) -> bool:
    """Whether an element stands somewhere inside another."""
    return any(parent is outer for parent in inner.iterancestors())


def following(element: Any) -> Iterator[Any]:
    """The elements behind an element (not those in it), in document order, found one after the other."""
    node = element
    while node is not None:
        for sibling in node.itersiblings():
            yield from sibling.iter(etree.Element)
        node = node.getparent()
