"""Notices of correction: what a newspaper prints when it owns up to an error of an article; pure."""

import re

from archive.comparing.tokens import Tokens

NOTICE = 100_000  # letters beyond which a paragraph is not searched: no editor's, and patterns are slow on it
_THING = r"(?:article|story|report|piece|headline|caption|column|photo|post|text)"
_BEGIN = r"(?:^|(?<=[.!?\])”’\"] ))[\[(*※•\s]{0,4}"
_DATED = r"(?:\s?\(?(?:[A-Z][a-z]{2,8}\.? \d{1,2})?(?:,? \d{4})?\)?)?"
_WRONG = r"(?:misstat|misidentif|misspel|misreport|misquot|mistake|mistaken|incorrect|erroneous|wrong|inaccura|error)"
_FORMER = "(?:an (?:earlier|original|initial)|a (?:previous|prior))"
_OWNED = "correct|amend|updat|revis|clarif|retract|apolog|remov|(?:earlier|previous) version"
_MENDED = "correct|amend|updat|revis|clarif|retract|chang|modif"
_HEADING = "corrections?|corrected|clarifications?|updated?|amendment|for the record|corrigend[au]m|errat(?:um|a)|retraction|apology"
_NOTICE = re.compile(
    "|".join(
        [
            rf"{_BEGIN}(?:{_HEADING}){_DATED}\s?(?:[:\])]|[–—] )",
            rf"{_BEGIN}(?:editor['’]?s?['’]?|editors['’]) note\b.{{0,400}}?(?:{_WRONG}|{_OWNED})",
            rf"(?:{_BEGIN}|note: ){_FORMER} version (?:had )?(?:\w{{1,12}}ly )?(?:{_WRONG}|said|stated|gave|named)",
            r"\b(?:due to|because of|owing to) an? (?:edit\w+|translation|production|reporting|typographical) error",
            rf"\b(?:earlier|previous|original|prior|initial) versions? of (?:this {_THING}|the (?:article|story|headline|caption)\b)",
            rf"\bthis {_THING} (?:has been|have been|was|is|were) (?:\w{{1,12}} ){{0,2}}?(?:{_MENDED}|edit|replac|withdrawn)\w*",
            rf"{_BEGIN}the {_THING} (?:has been|was) (?:\w{{1,12}} ){{0,2}}?(?:{_MENDED})\w* (?:to|on|since|after|for)\b",
            rf"\b(?:this|an earlier|a previous) {_THING} (?:\w{{1,12}} ){{0,2}}?{_WRONG}",
            rf"{_BEGIN}the {_THING} (?:\w{{1,12}} ){{0,2}}?(?:misstated|misidentified|misspelled|misspelt|misreported)",
            r"\b(?:we|the hankyoreh|the editors) (?:\w{1,12} ){0,2}?(?:regrets?|apologi[sz]es?) (?:\w{1,12} ){0,3}?(?:error|mistake|confusion|inaccurac)",
            rf"{_BEGIN}corrects (?:\w{{1,12}} )",
            r"이 기사[는은가].{0,60}?(?:수정|정정)|바로잡습니다|바로잡음|정정합니다|정정보도|^\W{0,4}정정(?!\w)",
        ]
    ),
    re.IGNORECASE,
)
_HINT = re.compile(
    r"correct|error|clarif|corrig|errat|retract|apolog|note|version|this |the |regret|정정|바로잡", re.IGNORECASE
)


def notices(text: str | None) -> list[tuple[int, int]]:
    """Where a text owns up to an error of the article itself; what somebody says in quotation marks is none."""
    if not text or len(text) > NOTICE or not _HINT.search(text):
        return []
    found = [match.span() for match in _NOTICE.finditer(text)]
    if not found:
        return []
    inside = Tokens(text).quotations
    return [(begin, end) for begin, end in found if not any(first < begin < last for first, last in inside)]
