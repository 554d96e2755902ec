"""robots.txt, of each host, asked once a run."""

import re
from dataclasses import dataclass

from protego import Protego

MOST_BYTES = 512 * 1024  # what of a robots.txt is read at least, by RFC 9309, section 2.5
MOST_NAMES = 8  # by which a robots.txt may mean us: "*", "hani", "hani/0.1" and the like
_AGENT = re.compile(r"\s*user[- ]?agent[\s:]\s*:?\s*([^#\s][^#]*)", re.I)
_OTHERS = "User-agent: another"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt allows us.

    `denied` says why nothing may be asked of the host in this run; `silent` that it did not answer at all.
    """

    parsed: Protego | None = None
    denied: str | None = None
    silent: bool = False
    crawl_delay: float | None = None

    def refusal(self, url: str, user_agent: str) -> str | None:
        """Why an address may not be asked; None where it may."""
        if self.denied:
            return self.denied
        if self.parsed is not None and not self.parsed.can_fetch(url, user_agent):
            return "robots.txt disallows it"
        return None


def rules_from(status: int | None, body: bytes, user_agent: str, error: str | None) -> Rules:
    """The rules that an answer to /robots.txt gives.

    4xx allows everything; 5xx or silence denies the host for this run (RFC 9309, sections 2.3.1.3 and 2.3.1.4); so does
    an answer that is neither, such as a redirect off the site.
    """
    if status is None:
        return Rules(denied=f"its robots.txt cannot be had: {error or 'no answer'}", silent=True)
    if 400 <= status < 500:
        return Rules()
    if status != 200:
        return Rules(denied=f"its robots.txt answers {status}")
    parsed = Protego.parse(_what_concerns(user_agent, body[:MOST_BYTES].decode("utf-8-sig", "replace")))
    delay = parsed.crawl_delay(user_agent)
    return Rules(parsed, crawl_delay=float(delay) if delay is not None else None)


def _what_concerns(user_agent: str, text: str) -> str:
    """A robots.txt with all robots but us under one name: Protego keeps each rule once for each robot of its group.

    A half megabyte may hold 15,000 robots over 20,000 rules.
    """
    lines: list[str] = []
    names: set[str] = set()
    for line in text.splitlines():
        found = _AGENT.match(line)
        if found is None:
            lines.append(line)
            continue
        name = found[1].strip().lower()
        is_ours = name == "*" or (name.replace("*", "").strip() or name) in user_agent.lower()
        if is_ours and (name in names or len(names) < MOST_NAMES):
            names.add(name)
            lines.append(line)
        elif not lines or lines[-1] != _OTHERS:
            lines.append(_OTHERS)
    return "\n".join(lines)
