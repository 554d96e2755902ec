"""Bytes to text whatever a page claims, and text as a reader sees it."""

import codecs
import encodings.aliases
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.text import decode, plain, plain_or_none

SENTENCE = "“한겨레” reports: 7,000 won — café"
ALIASES = encodings.aliases.aliases
LABELS = sorted({*ALIASES, *ALIASES.values(), "idna", "punycode", "undefined", "nonsense"})

HARD = [b"\xff", b".\xff.." + b"a" * 80, b"\\d \\ud800 +2AA- \xff\xff", b"\x1b$)C\x0e\xff", "한".encode("cp949")]
HEADS = [b"", b"<meta charset=utf-7>", b"<meta charset=utf-16>", b"<meta charset=cp949>", codecs.BOM_UTF16_LE]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SENTENCE.encode(), SENTENCE),
        (b"\xef\xbb\xbf" + SENTENCE.encode(), SENTENCE),
        (b"\xff\xfe" + SENTENCE.encode("utf-16-le"), SENTENCE),
        (b"\xfe\xff" + SENTENCE.encode("utf-16-be"), SENTENCE),
        ("한겨레 기사".encode("cp949"), "한겨레 기사"),
        (b"<meta charset=euc-kr>" + "한겨레".encode("euc-kr"), "<meta charset=euc-kr>한겨레"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=ks_c_5601-1987">'
            + "똠방각하".encode("cp949"),
            '<meta http-equiv="Content-Type" content="text/html; charset=ks_c_5601-1987">똠방각하',
        ),
        (b"<meta charset=euc-kr>" + SENTENCE.encode(), f"<meta charset=euc-kr>{SENTENCE}"),  # a wrong label
        (b"<meta charset=iso-8859-1>caf\xe9", "<meta charset=iso-8859-1>café"),
        (
            b'<?xml version="1.0" encoding="euc-kr"?>' + "한겨레".encode("euc-kr"),
            '<?xml version="1.0" encoding="euc-kr"?>한겨레',
        ),
        (b"", ""),
    ],
)
def test_text_is_decoded_whatever_was_claimed(body: bytes, expected: str) -> None:
    assert decode(body) == expected


def test_one_broken_byte_does_not_spoil_a_page() -> None:
    assert "한겨레" in decode(b"<meta charset=utf-8>" + "한겨레".encode() + b"\xff" + "한겨레".encode())


@pytest.mark.parametrize("label", LABELS)
def test_no_declared_encoding_makes_decoding_fail(label: str) -> None:
    for form in ('<meta charset="{}">', '<?xml version="1.0" encoding="{}"?>'):
        for tail in HARD:
            assert decode(form.format(label).encode() + tail).encode()  # it can be written again: no lone surrogates


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200), st.sampled_from(HEADS))
def test_decoding_never_fails(body: bytes, head: bytes) -> None:
    decode(head + body).encode()


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=80))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a\n\t b  ", "a b"),
        ("7,000\u00a0won", "7,000 won"),
        ("a\u2003\u3000b\u202fc", "a b c"),
        ("co\u00adoperate", "cooperate"),
        ("zero\u200bwidth\u200d\ufeff", "zerowidth"),
        ("cafe\u0301", "café"),
        ("\u1112\u1161\u11ab", "한"),
        ("“quotes” ‘stay’ — and … too", "“quotes” ‘stay’ — and … too"),
        ("line\u2028break\x85and\x0bmore\x0c.", "line break and more ."),
        ("bell\x07 and\x00 nul", "bell and nul"),
        ("\u00a0\u200b \n", ""),
    ],
)
def test_a_line_is_what_a_reader_sees(text: str, expected: str) -> None:
    assert plain(text) == expected


@settings(deadline=None, max_examples=400)
@given(st.text(max_size=60))
def test_a_plain_line_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip() and "  " not in once and "\n" not in once and "\u00a0" not in once


@pytest.mark.parametrize(("text", "expected"), [(None, None), ("", None), (" \u200b\u00a0", None), (" a ", "a")])
def test_an_absent_field_is_none_and_not_an_empty_text(text: str | None, expected: str | None) -> None:
    assert plain_or_none(text) == expected
