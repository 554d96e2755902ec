"""A text as the rules of edits see it: words and marks, what stands in quotation marks, figures and names.

Pure, standard library only. Every pattern and loop is linear in the text's length: a paragraph may be a megabyte.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property

from archive.comparing.comparison import FUNCTION_WORDS

HYPHENS, DASHES = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "\u2014\u2015"
DOUBLE, SINGLE = '"“”„‟″＂«»', "'‘’‚‛′ʼ＇"
WORD = (
    r"(?:[^\W\d_]\.){2,}"  # U.S., a.m.
    rf"|\w+(?:(?:[-{HYPHENS}{SINGLE}]|(?<=\d)[.,:/](?=\d))\w+)*"
)
_WORDS = re.compile(WORD)
_TOKENS = re.compile(rf"{WORD}|\.{{2,}}|…|-{{2,}}|[^\w\s]")
_ONE_TO_ONE = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys(map(ord, HYPHENS), "-")
    | dict.fromkeys(map(ord, DASHES), "—")
    | dict.fromkeys(map(ord, SINGLE), "'")
    | dict.fromkeys(map(ord, DOUBLE), '"')
)
_KEY = _ONE_TO_ONE | {
    **dict.fromkeys(map(ord, DASHES), "-"),
    **dict.fromkeys(map(ord, DOUBLE), "'"),
    **dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF]),
    ord("…"): "...",
}
_DASH = re.compile(r" ?-+ ?")
_GAP = re.compile(r"(?<!\w) | (?!\w)")


def key(text: str) -> str:
    """A text without its typography: texts with equal keys differ in marks and spacing only, in no word or figure.

    A space stays between two words alone: "any more" and "anymore" have different keys.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_KEY)
    text = " ".join(text.replace('"', "'").replace("''", "'").split())
    return _GAP.sub("", _DASH.sub("-", text))


def squeezed(text: str) -> str:
    """The key without any space, for paragraphs that were joined or split."""
    return key(text).replace(" ", "")


def count_words(text: str | None) -> int:
    """Words; one with inner hyphens, apostrophes or decimal points is one, punctuation is none."""
    return len(_WORDS.findall(text)) if text else 0


# --- figures ---

_CARDINALS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty""".split()
_ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_AMOUNTS = """hundred hundreds thousand thousands million millions billion billions trillion trillions dozen dozens score
    scores half halves quarter quarters thirds fifths tenths once twice thrice double triple""".split()
NUMBERS: dict[str, str] = (
    {word: word for word in _AMOUNTS}
    | {word: str(value) for value, word in enumerate(_CARDINALS)}
    | {word: str(value) for value, word in enumerate(_ORDINALS, 1)}
    | {word: str(value) for value, word in zip(range(20, 100, 10), _TENS, strict=True)}
    | {f"{ten}-{one}": str(20 + 10 * t + o) for t, ten in enumerate(_TENS) for o, one in enumerate(_CARDINALS[:10])}
    | {f"{ten}-{one}": str(21 + 10 * t + o) for t, ten in enumerate(_TENS) for o, one in enumerate(_ORDINALS[:9])}
)
ORDINALS = frozenset(_ORDINALS)
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_MONTHS = "january february march april may june july august september october november december".split()
_SHORT = "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat".split()
CALENDAR = frozenset(_DAYS + [day + "s" for day in _DAYS] + _MONTHS + _SHORT)
_DATE_BEFORE = frozenset(
    "in on of by since until till last next this early late mid from to and between before after".split()
)
_UNITS = """percentage point points basis won dollar dollars euro euros yen yuan pounds cents ton tons tonne tonnes kilogram
    kilograms kilo kilos kg gram grams liter liters litre litres kilometer kilometers kilometre kilometres km meter meters
    metre metres centimeter centimeters cm mile miles feet inches hectare hectares acres pyeong degrees celsius watts
    kilowatts megawatts gigawatts mw gw kw kiloton kilotons megaton megatons second seconds minute minutes hour hours day
    days week weeks month months year years decade decades century centuries a.m. p.m. am pm bp""".split()
UNITS = {unit: unit.removesuffix("s") if len(unit) > 3 else unit for unit in _UNITS} | {
    "%": "%", "percent": "%", "$": "dollar", "€": "euro", "¥": "yen", "₩": "won", "£": "pound",
}  # fmt: skip
# Words for no exact number, which a figure gives way to or takes the place of.
VAGUE = frozenset(
    """several many some few numerous various multiple countless about around nearly almost over under more less fewer than
    at least most up to approximately roughly only just another additional as much all any each every both a an of and
    estimated total yesterday today tomorrow""".split()
)


# --- names ---

SURNAMES = frozenset(
    """kim lee park choi choe jung jeong chung kang cho yoon yun jang chang lim im rhee ri yi oh seo shin kwon hwang ahn
    ryu yoo yu hong jeon ko moon yang bae baek paik heo hur nam noh roh kwak cha joo ju woo koo gu na ra jin ji
    um eom chae cheon bang gong hyun ham byun yeom yeo choo chu seok seol wang geum yook maeng tak kook eo eun pyo
    bak han min gil""".split()
)
PLACES = frozenset(
    """seoul busan daegu incheon gwangju daejeon ulsan sejong jeju gyeonggi gangwon jeolla chungcheong gyeongsang suwon
    yongin seongnam goyang changwon cheongju jeonju cheonan pohang gimhae gimpo paju yeosu mokpo gangneung sokcho chuncheon
    wonju andong gumi jinju geoje tongyeong dokdo ulleung panmunjom kaesong pyongyang sinuiju hamhung wonsan rason
    yongbyon korea koreas japan china russia ukraine taiwan america us u.s. uk u.k. eu un u.n. britain england france germany
    italy spain india pakistan iran iraq israel gaza palestine syria turkey türkiye vietnam thailand myanmar philippines
    indonesia malaysia singapore cambodia laos mongolia australia canada mexico brazil poland egypt africa asia europe
    tokyo osaka kyoto hiroshima nagasaki fukushima beijing shanghai taipei moscow kyiv kiev washington york london paris
    berlin brussels geneva vienna hanoi bangkok delhi tehran jerusalem hawaii guam okinawa""".split()
)
_UNNAMED = frozenset("i i'm i've i'd i'll mr mrs ms dr a yesterday today tomorrow".split())
_STOPS = frozenset('.!?:;…[](—*•"')
_ABBREVIATIONS = (
    frozenset("mr mrs ms dr prof gen lt col sgt capt adm maj sen rep gov st no vs jr sr".split()) | CALENDAR
)
GIVEN = re.compile(r"[A-Z][a-z]*-[a-z]+")  # Jong-un: how Korean given names are written
ARTICLE = 200_000  # letters read at most to learn an article's names: ten times the longest articles
_TITLE_CASE = 0.7  # share of capitals among a headline's long words from which they tell nothing of names


class Tokens:
    """One text in words and marks: `norms` are what is compared, with typography folded, `spans` where they stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.marks, self.quotations = quotations(text)
        self.norms: list[str] = []
        self.spans: list[tuple[int, int]] = []
        for found in _TOKENS.finditer(text):
            self.norms.append('"' if found.start() in self.marks else folded(found.group()))
            self.spans.append(found.span())

    def is_word(self, index: int) -> bool:
        """Whether a token counts as a word: letters or digits, no mark."""
        return self.norms[index][0].isalnum() or self.norms[index][0] == "_"

    def quoted(self, index: int) -> bool:
        """Whether a token stands in quotation marks, or is one."""
        start = self.spans[index][0]
        low, high = 0, len(self.quotations)
        while low < high:
            middle = (low + high) // 2
            if self.quotations[middle][1] <= start:
                low = middle + 1
            else:
                high = middle
        return low < len(self.quotations) and self.quotations[low][0] <= start

    def before(self, index: int) -> str:
        """The token before, in lower case; empty at the beginning."""
        return self.norms[index - 1].lower() if index else ""

    def after(self, index: int) -> str:
        """The token behind, as it is; empty at the end."""
        return self.norms[index + 1] if index + 1 < len(self.norms) else ""

    def figure(self, index: int, depth: int = 3) -> str | None:
        """The figure, number word, unit beside one, month or weekday that a token is, in one spelling; None for others."""
        token = self.norms[index]
        word = token.lower().removesuffix("'s")
        if word[0].isdigit():
            return _digits(word)
        if word in ORDINALS and token[0].isupper() and self.after(index)[:1].isupper():
            return None  # Second Vice Minister
        if word in NUMBERS:
            return NUMBERS[word]
        if word in CALENDAR:
            return word if token[0].isupper() and (word not in ("may", "march") or self._is_date(index)) else None
        if word in UNITS and depth and self._beside_figure(index, depth):
            return UNITS[word]
        first, _, rest = word.partition("-")
        return NUMBERS[first] if rest and first in NUMBERS else None

    def _beside_figure(self, index: int, depth: int) -> bool:
        if self.norms[index] in "$€¥₩£":
            return self.after(index)[:1].isdigit()
        return index > 0 and self.figure(index - 1, depth - 1) is not None

    def _is_date(self, index: int) -> bool:
        """Whether "May" or "March" is the month: beside a number or behind a preposition, or not the first word."""
        return self.after(index)[:1].isdigit() or self.before(index) in _DATE_BEFORE or not self.begins(index)

    def begins(self, index: int) -> bool:
        """Whether a sentence begins here, so that a capital tells nothing."""
        previous = self.before(index)
        if previous == "." and index > 1:
            earlier = self.norms[index - 2].lower()
            return not (earlier in _ABBREVIATIONS or (len(earlier) == 1 and earlier.isalpha()))
        return not previous or previous in _STOPS

    @cached_property
    def in_capitals(self) -> bool:
        """Whether the text is in capitals throughout."""
        return self.text.isupper()

    @cached_property
    def in_title_case(self) -> bool:
        """Whether nearly every long word has a capital, as in some headlines."""
        long = [norm for norm in self.norms if len(norm) > 3 and norm[0].isalpha()]
        return len(long) > 2 and sum(norm[0].isupper() for norm in long) >= _TITLE_CASE * len(long)

    def is_name(self, index: int, known: "Names") -> bool:
        """Whether a token is (part of) a proper name, as far as its form and the rest of the article tell."""
        token = self.norms[index]
        word = token.lower().removesuffix("'s")
        if token.lower() == token or word in _UNNAMED or (word in FUNCTION_WORDS and token != "US"):
            return False
        if token[0].isdigit() or self.figure(index) is not None:
            return False
        if _has_form_of_name(token, word):
            return not (token.isupper() and self.in_capitals)
        if self.begins(index):
            following = self.after(index)
            return word in known.words or (following[:1].isupper() and following.lower() not in _UNNAMED | CALENDAR)
        return word in known.words if self.in_title_case else True


def _has_form_of_name(token: str, word: str) -> bool:
    """An acronym, a name with a capital or digit inside, a Korean given name, a known surname or place."""
    inner = any(letter.isupper() for letter in token[1:]) and "-" not in token
    return inner or bool(GIVEN.fullmatch(token)) or word in PLACES or word in SURNAMES


class Names:
    """The words that have a capital amid sentences of an article: names, also where they begin a sentence."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts

    @cached_property
    def words(self) -> frozenset[str]:
        """In lower case; without those that also occur without a capital."""
        upper: set[str] = set()
        lower: set[str] = set()
        for tokens in map(Tokens, _up_to(self._texts, ARTICLE)):
            for index, norm in enumerate(tokens.norms):
                if norm.islower():
                    lower.add(norm)
                elif norm[0].isupper() and not tokens.begins(index) and not tokens.in_title_case:
                    upper.add(norm.lower().removesuffix("'s"))
        return frozenset(upper - lower)


def _up_to(texts: Iterable[str], letters: int) -> Iterator[str]:
    for text in texts:
        yield text[:letters]
        letters -= len(text)
        if letters <= 0:
            return


def folded(token: str) -> str:
    """A token in plain typography; a free-standing hyphen is a dash."""
    if not token.isascii():
        token = token.translate(_ONE_TO_ONE)
    if token[0] in "-—":
        return "—"
    return "…" if token[:2] == ".." else token


def _digits(word: str) -> str:
    """A figure in one spelling: 1,284 and 1284 are the same amount, as are 3 and 3rd."""
    plain = word.replace(",", "")
    for suffix in ("st", "nd", "rd", "th"):
        plain = plain.removesuffix(suffix)
    return plain


# --- quotation marks ---

_MARK = re.compile(f"[{DOUBLE}{SINGLE}]")
_BEFORE_QUOTATION = '([{-—–/"“„'
_DECADE = re.compile(r"\d\ds\b")  # '90s


def quotations(text: str) -> tuple[frozenset[int], list[tuple[int, int]]]:
    """The places of quotation marks, and the quotations: (begin, end) with their marks, in order, apart.

    A double mark that is not closed opens a quotation to the text's end: of a quotation over several paragraphs each
    opens it anew, and only the last closes it. A single one that is not closed is an apostrophe.
    """
    reader = _Marks(text)
    for found in _MARK.finditer(text):
        reader.read(found.start())
    return reader.done()


class _Marks:
    def __init__(self, text: str) -> None:
        self.text = text
        self.marks: set[int] = set()
        self.spans: list[tuple[int, int]] = []
        self.double: int | None = None
        self.single: int | None = None
        self.maybe: int | None = None  # where the single one ends, unless that is a possessive: ‘workers’ paradise’

    def read(self, at: int) -> None:
        previous = self.text[at - 1] if at else " "
        following = self.text[at + 1] if at + 1 < len(self.text) else " "
        if self.text[at] in DOUBLE:
            self._double(at, previous, following)
        elif self.double is None and not (previous.isalnum() and following.isalnum()):
            self._single(at, previous, following)

    def _double(self, at: int, previous: str, following: str) -> None:
        character = self.text[at]
        opens = character in "“„«" or (character not in "”»" and previous.isspace() and not following.isspace())
        self.marks.add(at)
        if self.double is None:
            self._close_maybe()
            if opens or (character not in "”»" and not previous.isalnum()):
                self.double = at
        elif not opens:
            self.spans.append((self.double, at + 1))
            self.double = None

    def _single(self, at: int, previous: str, following: str) -> None:
        if (
            (previous.isspace() or previous in _BEFORE_QUOTATION)
            and not following.isspace()
            and self.text[at] not in "’′"
        ):
            if not _DECADE.match(self.text, at + 1):
                self._close_maybe()
                self.single = at
        elif self.single is not None and not previous.isspace() and not following.isalnum():
            if previous not in "sS":
                self._close_single(at)
            elif self.maybe is None:
                self.maybe = at

    def _close_single(self, at: int) -> None:
        if self.single is not None:
            self.marks |= {self.single, at}
            self.spans.append((self.single, at + 1))
        self.single = self.maybe = None

    def _close_maybe(self) -> None:
        if self.maybe is not None:
            self._close_single(self.maybe)

    def done(self) -> tuple[frozenset[int], list[tuple[int, int]]]:
        if self.double is not None:
            self.spans.append((self.double, len(self.text)))
        self._close_maybe()
        return frozenset(self.marks), _apart(sorted(self.spans))


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Quotations within others are part of them."""
    found: list[tuple[int, int]] = []
    for begin, end in spans:
        if found and begin < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found
