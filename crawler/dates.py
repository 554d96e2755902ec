"""The printed times of an article: every form the site has used, KST, turned into UTC; pure."""

import re
from datetime import datetime

from archive.times import KST, stamp

_MONTHS = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_CLOCK = r"(?P<hour>[01]?\d|2[0-3])\s*:\s*(?P<minute>[0-5]\d)(?::[0-5]\d)?"
_NUMERIC = rf"(?P<year>\d{{4}})\s*[-./]\s*(?P<month>\d{{1,2}})\s*[-./]\s*(?P<day>\d{{1,2}})\.?\s*,?\s*{_CLOCK}"
_NAMED = rf"(?P<name>[A-Za-z]{{3,9}})\s*\.?\s*(?P<day>\d{{1,2}})\s*,\s*(?P<year>\d{{4}})\s*,?\s*{_CLOCK}"
FIRST_YEAR, LAST_YEAR = 1988, 2199  # the newspaper was founded in 1988; a time outside is a slip or a trick
FORMS = (re.compile(_NAMED), re.compile(_NUMERIC))
"""`Nov.12,2018 17:50 KST` (2018 and 2019), `2023-06-09 17:50 KST` (2020 to 2024), `2026-01-06 15:45` (2025, 2026)."""

POSTED = re.compile(r"(?:posted\s+on|published\s+on|등록|입력)\s*[:：]?\s*", re.I)
MODIFIED = re.compile(r"(?:modified\s+on|updated\s+on|수정)\s*[:：]?\s*", re.I)


def printed_time(text: str) -> str | None:
    """The first time printed in a text, as a UTC stamp; None where there is none or it never was."""
    for form in FORMS:
        for found in form.finditer(text):
            if moment := _moment(found):
                return moment
    return None


def all_times(text: str) -> list[str]:
    """Every time printed in a text, in order."""
    found = [(m.start(), _moment(m)) for form in FORMS for m in form.finditer(text)]
    return [moment for _, moment in sorted(found, key=lambda f: f[0]) if moment]


def labelled_times(text: str) -> tuple[str | None, str | None]:
    """The times behind "Posted on" and "Modified on" (or 등록 and 수정); None for each that is missing."""
    return _after(POSTED, text), _after(MODIFIED, text)


def _after(label: re.Pattern[str], text: str) -> str | None:
    for found in label.finditer(text):
        for form in FORMS:
            if (match := form.match(text, found.end())) and (moment := _moment(match)):
                return moment
    return None


def _moment(found: re.Match[str]) -> str | None:
    parts = found.groupdict()
    month = _MONTHS.get(parts["name"][:3].lower()) if parts.get("name") else int(parts["month"])
    if month is None:
        return None
    try:
        local = datetime(
            int(parts["year"]), month, int(parts["day"]), int(parts["hour"]), int(parts["minute"]), tzinfo=KST
        )
    except (ValueError, OverflowError):
        return None
    return _credible(local)


def _credible(local: datetime) -> str | None:
    """A moment in Korea as a UTC stamp; None for one at which the newspaper cannot have printed anything."""
    return stamp(local) if FIRST_YEAR <= local.year <= LAST_YEAR else None


def machine_time(text: str | None) -> str | None:
    """An ISO 8601 time of a page's head; one without a zone is Korea's."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip()[:40])
        return _credible(moment.astimezone(KST) if moment.tzinfo else moment.replace(tzinfo=KST))
    except (ValueError, OverflowError):
        return None
