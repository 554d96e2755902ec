"""Who wrote it: names apart from their role; pure.

By Kim A-ra and Lee B-ho, staff reporters
By Kim A-ra, Beijing correspondent
By Kim A-ra, staff reporter, and Lee B-ho, Washington correspondent
"""

import re

MOST_NAMES = 2000  # characters; a longer list of reporters is none
MAX_BYLINE = 240  # characters; the longest seen names three people and their posts
ROLE_NOUNS = frozenset(
    """
    reporter reporters correspondent correspondents writer writers editor editors columnist columnists
    professor professors director researcher researchers staff intern interns photographer photographers
    fellow fellows analyst analysts chief chair chairman chairperson chairwoman president vice head desk team
    critic novelist poet author lawyer attorney journalist journalists ambassador minister lecturer scholar
    freelancer freelance translator contributor activist economist historian member secretary senior emeritus
    adjunct assistant associate deputy former guest special visiting executive managing dean commentator
    cartoonist specialist expert consultant emerita senior-level adviser advisor producer announcer physician
    doctor pastor monk priest representative university institute college school center centre ministry
    foundation association council hospital
    """.split()
)
_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_MOMENTS = frozenset(
    """
    january february march april may june july august september october november december today yesterday
    tomorrow then now
    """.split()
)
_PARTICLES = frozenset(
    """
    de da del der di du la le van von bin al el ibn
    """.split()
)
_STARTS = re.compile(r"^by\s+", re.I)
_AND = re.compile(r"\s+(?:and|&)\s+", re.I)
_AND_FIRST = re.compile(r"^(?:and|&)\s+", re.I)
_PLACE = re.compile(r"\s+in\s+[A-Z][\w.-]*(?:\s[A-Z][\w.-]*)?$")
_SENTENCE = re.compile(r"[!?:“”\"]|\.\s+[A-Z][a-z]+\s+[a-z]")
# The forms without a person's name that the newspaper and its agencies sign with.
_HOUSE = re.compile(
    r"^By (?:(?:the )?(?:Hankyoreh|Yonhap|Reuters|AFP|AP)(?: News(?: Agency)?| staff(?: reporters?)?| editorial board)?"
    r"|staff (?:reporters?|writers?))$",
    re.I,
)
_NAME_WORD = re.compile(r"^[^\W\d_]['’.]?(?:[^\W\d_]|['’.\-‐‑–])*\.?$")


def authors(byline: str) -> tuple[str, ...]:
    """The names in a byline or in a list of reporters, in printed order; empty where it holds none."""
    if len(byline) > MOST_NAMES:
        return ()
    names: list[str] = []
    after_role = False
    segments = _segments(byline)
    for index, segment in enumerate(segments):
        following = segments[index + 1] if index + 1 < len(segments) else ""
        further = bool(_AND_FIRST.match(segment)) or _role_phrase(following)
        if after_role and not further:  # an affiliation: "professor at …, Dongguk"
            continue
        found, after_role = _names_of_segment(_AND_FIRST.sub("", segment), first=index == 0)
        names += found
    return tuple(dict.fromkeys(names))


def _segments(byline: str) -> list[str]:
    """What stands between the commas of a byline (or what serves as such), without places and brackets."""
    text = re.sub(r"\s*\([^)]*\)", "", _STARTS.sub("", byline.strip())).strip(" .;")
    return [segment.strip() for segment in re.split(r"\s*[,;·/|]\s*", text)]


def _names_of_segment(segment: str, *, first: bool) -> tuple[list[str], bool]:
    """The names between two commas, and whether the segment was (or ended in) a role."""
    parts = [_PLACE.sub("", part) for part in _AND.split(segment) if part]
    if parts and all(is_name(part) and (first or " " in part or "-" in part) for part in parts):
        return parts, False
    # "staff reporter and Lee B-ho": a role, then a further name.
    if len(parts) > 1 and not is_name(parts[0]) and _ends_in_role(parts[0]) and is_name(parts[-1]):
        return [parts[-1]], False
    # "Kim A-ra staff reporter": the comma was forgotten.
    return _leading_name(segment) if first else [], True


def _ends_in_role(text: str) -> bool:
    words = text.lower().split()
    return bool(words) and words[-1] in ROLE_NOUNS


def _leading_name(segment: str) -> list[str]:
    words = segment.split()
    for count in range(min(4, len(words) - 1), 1, -1):
        rest = words[count].lower()
        if is_name(" ".join(words[:count])) and (rest in ROLE_NOUNS or rest in ("기자", "특파원")):
            return [" ".join(words[:count])]
    return []


def is_name(text: str) -> bool:
    """Whether a text can be a person's (or an agency's) name: capitalised words, no role, no day of the week."""
    words = text.split()
    plain = [word.lower().strip(".") for word in words]
    if not 1 <= len(words) <= 5 or any(word in ROLE_NOUNS or word in _WEEKDAYS for word in plain):
        return False
    if len(words) == 1 and plain[0] in _MOMENTS:
        return False
    if words[0].lower() == "the" or not words[0][:1].isalpha():
        return False
    return all(
        _NAME_WORD.match(word) and (word[0].isupper() or not word[0].islower() or word.lower() in _PARTICLES)
        for word in words
    )


def is_byline(text: str) -> bool:
    """Whether a line is a byline and not prose that begins with "By".

    A byline is "By", then a name of at least two words (or names, or one with a role behind it), and holds no sentence:
    what follows a comma is a role, another name or a place.
    """
    if len(text) > MAX_BYLINE or not text.startswith(("By ", "BY ")) or _SENTENCE.search(text):
        return False
    if _HOUSE.match(text):
        return True
    first, *rest = _segments(text)
    if text.endswith(".") and not _ends_with_post(" ".join(rest)):
        return False
    names = [_PLACE.sub("", name) for name in _AND.split(first)]
    if not all(is_name(name) for name in names):
        forgotten_comma = bool(_leading_name(first)) or (is_name(names[0]) and bool(_leading_name(names[-1])))
        return forgotten_comma and not text.endswith(".")
    while rest and _names_only(rest[0]):
        rest = rest[1:]
    if not rest:
        return all(" " in name or "-" in name for name in names)
    return _role_phrase(", ".join(rest)) or (len(rest) == 1 and _is_place(rest[0]) and all("-" in n for n in names))


def _is_place(text: str) -> bool:
    words = [word for word in text.split() if word != "in"]
    return 1 <= len(words) <= 3 and all(word[0].isupper() for word in words)


def _role_phrase(text: str) -> bool:
    """Whether what follows the name reads like a post: it has a role's noun in its first words."""
    words = re.findall(r"[\w-]+", text.lower())
    return any(word in ROLE_NOUNS for word in words[:6])


def _ends_with_post(text: str) -> bool:
    """Whether a text that ends with a full stop is no more than a post: "staff reporter." is, a clause is not."""
    return len(text.split()) <= 4 and _ends_in_role(text.strip())


def _names_only(segment: str) -> bool:
    """Whether what stands between two commas is nothing but whole names."""
    parts = [_PLACE.sub("", part).strip() for part in _AND.split(_AND_FIRST.sub("", segment)) if part.strip()]
    return bool(parts) and all(is_name(part) and " " in part for part in parts)
