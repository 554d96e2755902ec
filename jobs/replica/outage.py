"""A night on which the site answers badly for many articles at once, although none was taken away."""

import hashlib
from dataclasses import dataclass

MIXED = ("503", "deleted", "404", "bot_check")
ANSWERS = (*MIXED, "403", "mixed")


@dataclass(frozen=True, slots=True)
class Outage:
    """A share of the article addresses, 0 to 1, that answer wrongly; lists and feed go on as ever.

    `answer` is "503", "404", "403" (a bot check under that status), "bot_check" (the same under 200), "deleted" (the
    notice of a taken-down article, under 200), or "mixed": each article one of `MIXED`. Which articles are hit follows
    from the salt and their numbers alone: a larger share hits the same ones and more, another salt others.
    """

    share: float
    answer: str = "503"
    salt: str = "outage"

    def __post_init__(self) -> None:
        """Raise ValueError for a share or an answer that cannot be."""
        if not 0 <= self.share <= 1:
            raise ValueError(f"a share of {self.share}: it lies between 0 and 1")
        if self.answer not in ANSWERS:
            raise ValueError(f"unknown answer {self.answer!r}; there are {', '.join(ANSWERS)}")

    def answer_for(self, article_id: int) -> str | None:
        """What an article's address answers in place of the truth; None where it is spared."""
        seed = hashlib.blake2b(f"{self.salt}:{article_id}".encode(), digest_size=8).digest()
        if int.from_bytes(seed[:4]) >= self.share * (1 << 32):
            return None
        return MIXED[seed[4] % len(MIXED)] if self.answer == "mixed" else self.answer

    @classmethod
    def parsed(cls, text: str) -> "Outage":
        """The outage written as `SHARE:ANSWER`, such as `0.5:deleted`; ValueError for anything else."""
        share, _, answer = text.partition(":")
        return cls(float(share), answer)
