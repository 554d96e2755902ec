"""Hundreds of articles made of the bundled ones: their records under new numbers and in other words."""

import json
import random
import re
from pathlib import Path
from typing import Any

from jobs.replica import site

STEP = 10_000_000  # between the numbers of two copies of one article
_WORD = re.compile(r"\b[a-z]{4,}\b")


class Words:
    """Other words of the same length, so that two copies of an article share its shape and not its text.

    Each copy uses one mapping throughout: an edit of a record stays the edit that it was.
    """

    def __init__(self, texts: list[str]) -> None:
        by_length: dict[int, set[str]] = {}
        for word in (word for text in texts for word in _WORD.findall(text)):
            by_length.setdefault(len(word), set()).add(word)
        self._listed = {length: sorted(words) for length, words in by_length.items()}
        for length, words in self._listed.items():
            random.Random(length).shuffle(words)
        self._place = {word: n for words in self._listed.values() for n, word in enumerate(words)}

    def other(self, text: str, copy: int) -> str:
        """A text in the words of a copy; copy 0 is the text itself."""

        def swap(match: re.Match[str]) -> str:
            words = self._listed.get(len(match[0]), [])
            if match[0] not in self._place:
                return match[0]
            return words[(self._place[match[0]] + 37 * copy) % len(words)]

        return _WORD.sub(swap, text) if copy else text


def write_articles(folder: Path, count: int) -> None:
    """Write so many articles as files that the bundled site can serve.

    All are there from the first night, none is ever removed, the bundled edits stay, and each page differs on every
    request (none is of the few that answer conditional requests).
    """
    sources = [json.loads(path.read_text("utf-8")) for path in sorted((site.HERE / "articles").glob("*.json"))]
    words = Words([text for source in sources for text in source["record"]["body"]])
    for n in range(count):
        copy, place = divmod(n, len(sources))
        data = _copied(sources[place], words, copy)
        (folder / f"{data['id']}.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")


def _copied(source: dict[str, Any], words: Words, copy: int) -> dict[str, Any]:
    nights = {
        number: {"set": _reworded(step["set"], words, copy)}
        for number, step in source.get("nights", {}).items()
        if "set" in step and int(number) > source.get("first_night", 1)
    }
    # Links and emphasis are named by the words they stand on, which change.
    left_out = {"conditional", "links", "emphasis", "subtitle_lines"} if copy else {"conditional"}
    hints = {name: value for name, value in source.get("page", {}).items() if name not in left_out}
    record = _reworded(source["record"], words, copy)
    number = source["id"] + copy * STEP
    return source | {"id": number, "first_night": 1, "record": record, "page": hints, "nights": nights}


def _reworded(record: dict[str, Any], words: Words, copy: int) -> dict[str, Any]:
    changed = dict(record)
    for name in ("title", "subtitle"):
        if record.get(name):
            changed[name] = words.other(record[name], copy)
    if "body" in record:
        changed["body"] = [words.other(paragraph, copy) for paragraph in record["body"]]
    return changed
