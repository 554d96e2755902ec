"""What the tables are, for Datasette's own pages."""

from typing import Any

DATABASE: dict[str, Any] = {
    "title": "The Hankyoreh, English edition: a versioned archive",
    "description": "What the newspaper published, and what it changed afterwards. Times are UTC.",
    "tables": {
        # By an id, not by a title of any length, which Datasette would print whole in every row that refers to it.
        name: {"description": text} | ({"label_column": "id"} if name in ("articles", "versions") else {})
        for name, text in {
            "articles": "Each article as it stands.",
            "versions": "Each state of an article, with the captures that prove it.",
            "changes": "Each kind of change of each field or paragraph.",
            "tombstones": "Each disappearance of an article, with the evidence.",
            "statuses": "Each turn of an article's status.",
            "authors": "Each author of each article.",
            "verdicts": "Each run: whether the site answered well enough for its checks to count.",
            "fills": "Each field of each template in a run: how many pages held it.",
            "drifts": "Each field or share of a template that departed from its own history in a run.",
            "beliefs": "Each article as pages of sound layout showed it.",
            "duplicates": "Pairs of near-duplicates under different numbers.",
            "images": "The pictures of each version.",
            "readings": "What one version of the cleaner made of one payload.",
            "records": "The records that readings name (zstd, JSON).",
            "cleaners": "What each version of the cleaner was made of.",
            "derivation": "What derived the tables.",
            "captures": "Each address asked and what was answered; never changed.",
            "payloads": "Each body as it arrived, compressed.",
            "listings": "Each page of a feed or list.",
            "sightings": "Each article that a list offered.",
            "runs": "Each run with its report.",
            "frontier": "What still waits to be asked.",
        }.items()
    },
}
