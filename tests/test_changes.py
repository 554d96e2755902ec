"""What an edit changed, field by field, and of which kinds; what a notice of correction speaks of."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example as with_example
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.comparing.changes import KINDS, RULES, Change, Example, Rule, changes_between, tied
from archive.comparing.comparison import STEPS, Work, opcodes
from archive.comparing.kinds import HUGE, distance
from archive.comparing.tokens import count_words, key, quotations
from archive.records import Article, Image

WORDLESS = {"format", "move", "stamp", "metadata"}
FIELDS = (
    "headline", "subtitle", "byline", "authors", "body", "caption", "image", "section", "posted", "stamp", "original",
)  # fmt: skip


def article(**values: Any) -> Article:
    raw = {"title": "A headline", "posted_at": "2023-06-09T08:50:00Z", "body": ("One paragraph.",), "template": "g3"}
    return Article(**{**raw, **values})


def state(field: str, text: str | None) -> Article:
    lines = tuple((text or "").split("\n"))
    values: dict[str, dict[str, Any]] = {
        "headline": {"title": text or ""},
        "subtitle": {"subtitle": text},
        "byline": {"byline": text},
        "authors": {"authors": tuple(text.split(", ")) if text else ()},
        "body": {"body": lines},
        "caption": {"images": (Image("https://img.example/1.jpg", text),)},
        "image": {"images": tuple(Image(src) for src in lines if src)},
        "section": {"section": text},
        "posted": {"posted_at": text},
        "stamp": {"modified_at": text},
        "original": {"original_url": text},
    }
    return article(**values[field])


def changes(before: str | None, after: str | None, field: str = "body") -> tuple[Change, ...]:
    return changes_between(state(field, before), state(field, after))


def kinds(before: str | None, after: str | None, field: str = "body") -> set[str]:
    return {kind for change in changes(before, after, field) for kind in change.kinds}


# --- the rules ---


def named(value: object) -> str:
    return value.kind if isinstance(value, Rule) else str(getattr(value, "after", value))[:40]


@pytest.mark.parametrize(("rule", "example"), [(rule, each) for rule in RULES for each in rule.examples], ids=named)
def test_a_rule_holds_of_its_examples(rule: Rule, example: Example) -> None:
    assert rule.kind in kinds(example.before, example.after, example.field)


@pytest.mark.parametrize(("rule", "example"), [(rule, each) for rule in RULES for each in rule.counters], ids=named)
def test_a_rule_does_not_hold_of_its_counters(rule: Rule, example: Example) -> None:
    found = kinds(example.before, example.after, example.field)
    assert found
    assert rule.kind not in found


def test_each_kind_has_one_rule_with_examples_for_and_against() -> None:
    assert tuple(rule.kind for rule in RULES) == KINDS
    assert all(rule.examples and rule.counters for rule in RULES)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # figures
        ("They may go there in May.", "They may go there in June.", "figure"),
        ("He may go in May.", "He May go in May.", "typo"),
        ("They won by 3-2 at home.", "They won by 4-2 at home.", "figure"),
        ("It begins at 10 a.m. sharp.", "It begins at 10 p.m. sharp.", "figure"),
        ("Some 1.2 million won was paid.", "Some 1.3 million won was paid.", "figure"),
        ("It grew 1.5 times.", "It grew 15 times.", "figure"),
        ("The 45-year-old driver slept.", "The 46-year-old driver slept.", "figure"),
        ("A three-day trip.", "A four-day trip.", "figure"),
        ("The trip took two days.", "The trip took two weeks.", "figure"),
        ("It rose from 3 percent to 5.", "It rose from 5 percent to 3.", "figure"),
        ("The F-35 landed.", "The F-16 landed.", "figure name"),
        ("The G7 leaders met.", "The G20 leaders met.", "figure name"),
        ("정부는 3일 발표했다.", "정부는 4일 발표했다.", "figure"),
        ("It has 1000 rooms.", "It has 1,000 rooms.", "typo"),
        ("The boy is 9 years old.", "The boy is nine years old.", "rewrite"),
        ("The group won the vote.", "The group lost the vote.", "rewrite"),
        ("On Monday, 12 people fell in the lake.", "12 people fell on Monday in the lake.", "rewrite"),
        # names
        ("First Vice Minister Noh spoke.", "Second Vice Minister Noh spoke.", "name"),
        ("The Vice Minister Noh spoke.", "The Minister Noh spoke.", "name"),
        ("The minister said so.", "Minister Park said so.", "name"),
        ("Then Kim Jong Un spoke.", "Then Kim Jong-un spoke.", "name typo"),
        ("He left with Park.", "He left with Park’s.", "typo"),
        ("On 3 days 30 houses burned in Gangneung.", "On 4 days 42 houses burned in Donghae.", "figure name"),
        ("The foreign ministry said so.", "The defense ministry said so.", "rewrite"),
        # quotations
        ("“We will go,” said Park. The plan is big.", "“We will go,” said Park. The plan is large.", "rewrite"),
        ("“We will go,” said Park. “It is big.”", "“We will go,” said Park. “It is large.”", "quote rewrite"),
        ("“We went on. It was big", "“We went on. It was large", "quote rewrite"),
        ("“It was bad”, he said.", "“It was bad,” he said.", "typo"),
        ("He said ‘yes’ to it.", "He said “yes” to it.", "format"),
        ("“She said ‘no’ to us,” he said.", "“She said ‘yes’ to us,” he said.", "quote rewrite"),
        ("In the ’90s it’s said the workers’ hall burned.", "In the ’90s it’s said the workers’ barn burned.", "rewrite"),
        # slips
        ("The U.S. said so.", "The US said so.", "typo"),
        ("An apple fell.", "A apple fell.", "typo"),
        ("Its roof fell.", "It's roof fell.", "typo"),
        ("They do it any more.", "They do it anymore.", "typo"),
        ("Ministers meet in Seoul", "Ministers Meet in Seoul", "typo"),
        ("He did resign.", "He did not resign.", "addition"),
        ("He resigned.", "He did not resign.", "rewrite"),
        # more and less
        ("The plan would wait.", "The plan would wait, for lack of funds and staff.", "addition"),
        ("The plan would wait, for lack of funds and staff.", "The plan would wait.", "deletion"),
        ("Some said it. She left.", "Some said it. “I never agreed,” he added. She left.", "quote addition"),
        ("It came 3 days late. It is done.", "It came 4 days late. It is done. (This article has been corrected.)",
         "figure correction addition"),
        ("No one was hurt.", "No one was hurt.\nEditor’s note: This is the second part of a series.", "addition"),
        ("No one was hurt.", "No one was hurt.\nEditor’s note: This story was amended on June 9.", "correction addition"),
        ("No one was hurt.", "No one was hurt.\nThe original version of the report was revised.", "addition"),
    ],
)  # fmt: skip
def test_kinds_of_a_paragraph(before: str, after: str, expected: str) -> None:
    (change,) = changes(before, after)
    assert change.kinds == tuple(expected.split())


@pytest.mark.parametrize(
    ("field", "before", "after", "expected"),
    [
        ("headline", "Two Killed In Factory Fire In Ulsan", "Three Killed In Factory Fire In Ulsan", "figure"),
        ("headline", "Lawmakers Clash Over Budget Bill", "Lawmakers Fight Over Spending Plan", "rewrite"),
        ("headline", "Park Warns Of Delay To Budget Bill", "Han Warns Of Delay To Budget Bill", "name"),
        ("byline", "By Kim A-ra, staff reporter", "By Kim A-ra and Lee B, staff reporters", "name"),
        ("byline", "By Kim A-ra, staff reporter", "By Kim A-ra, senior staff writer", "rewrite"),
        ("byline", None, "By Kim A-ra, staff reporter", "name addition"),
        ("authors", "Kim A-ra", "Kim A-ra, Lee Bo-mi", "name"),
        ("authors", "Kim A-ra", "Kim Ara", "name typo"),
        ("authors", None, "Kim A-ra", "name"),
        ("caption", "The lake (Yonhap)", "The lake, June 9 (Yonhap)", "figure"),
        ("caption", "The lake at dawn", None, "deletion"),
        ("subtitle", None, "A storm came", "addition"),
        ("image", "https://img.example/1.jpg", "https://img.example/2.jpg", "metadata"),
        ("section", "e_national", "e_business", "metadata"),
        ("posted", "2023-06-09T08:50:00Z", "2023-06-09T08:51:00Z", "metadata"),
        ("original", None, "https://www.hani.co.kr/1.html", "metadata"),
        ("stamp", None, "2023-06-09T08:51:00Z", "stamp"),
    ],
)
def test_kinds_of_a_field(field: str, before: str | None, after: str | None, expected: str) -> None:
    (change,) = changes(before, after, field)
    assert (change.field, change.kinds) == (field, tuple(expected.split()))
    assert (change.before, change.after) == (before, after)


# --- the changes ---


def test_a_change_says_what_and_where() -> None:
    before = article(title="Five words are in here", body=("First stays.", "The fire killed 11 people in a mill."))
    after = article(
        title="Five words are in here", body=("New.", "First stays.", "The fire killed 12 people in a mill.")
    )
    assert changes_between(before, after) == (
        Change("body", ("addition",), None, "New.", 1, 1, 0, 1 / 31, "New.", None, None),
        Change("body", ("figure",), before.body[1], after.body[2], 3, 1, 1, 2 / 31, "12", "11", 2),
    )  # fmt: skip


def test_all_fields_in_reading_order() -> None:
    before = article(subtitle="s", byline="By Kim", authors=("Kim",), images=(Image("a", "One lake"),), section="x",
                     modified_at="m", original_url="u")  # fmt: skip
    after = article(title="Another", subtitle="t", byline="By Lee", authors=("Lee",), body=("Two of them.",),
                    images=(Image("b", "Two lakes"),), section="y", modified_at="n", original_url="v",
                    posted_at="2023-06-10T08:50:00Z")  # fmt: skip
    found = list(dict.fromkeys(change.field for change in changes_between(before, after)))
    assert found == list(FIELDS)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("A b. C d.", "A b.\nC d.", [("format", 1, 1)]),
        ("A b.\nC d.", "A b. C d.", [("format", 1, 1)]),
        ("Stays.\nA b.\nC d. E f.", "Stays.\nA b. C d.\nE f.", [("format", 2, 2)]),
        ("A b.\nC d.\nE f.", "C d.\nE f.\nA b.", [("move", 1, 3)]),
        ("Gone now.\nStays.", "Stays.", [("deletion", 1, 1)]),
        ("Stays.", "Stays.\nNew here.", [("addition", None, 2)]),
        (
            "The ferry left the old harbor early. The mayor of the town watched it go.",
            "The ferry left the new harbor early.\nThe mayor of the town watched it go.",
            [("rewrite", 1, 1)],
        ),
        (
            "The ferry left the old harbor.",
            "The ferry left the old harbor, and hundreds of people who had waited since dawn for a place on it went home.",
            [("addition", 1, 1)],
        ),
        ("Old one.\nStays.\nFerries sank.", "Stays.\nMayors sang.", [("deletion", 1, 1), ("deletion", 3, 3), ("addition", None, 2)]),
    ],
)  # fmt: skip
def test_paragraphs_are_paired(before: str, after: str, expected: list[tuple[str, int | None, int]]) -> None:
    assert [(change.kinds[0], change.old_place, change.place) for change in changes(before, after)] == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [("Kim Jong-un’s 1.2 million — U.S. won, 3-2!", 7), ("", 0), ("… “ ”", 0), ("don't", 1), ("제주도 한라산", 2), ("a.b", 2)],
)  # fmt: skip
def test_words_are_counted(text: str, count: int) -> None:
    assert count_words(text) == count


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a “b” c", ["“b”"]),
        ('a "b" c "d', ['"b"', '"d']),
        ("a ‘b’ c’s d", ["‘b’"]),
        ("'a workers' hall' b", ["'a workers' hall'"]),
        ("workers’ and owners’ it's", []),
        ("the '90s and ’80s", []),
        ("“a ‘b’ c” d", ["“a ‘b’ c”"]),
        ("‘a “b” c’ d", ["‘a “b” c’"]),
        ("“a b.", ["“a b."]),
        ("a b” c", []),
    ],
)
def test_quotations_are_found(text: str, quoted: list[str]) -> None:
    assert [text[begin:end] for begin, end in quotations(text)[1]] == quoted


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("teh", "the", 1), ("goverment", "government", 1), ("recieve", "receive", 1), ("same", "same", 0), ("big", "large", 3), ("", "ab", 2)],
)  # fmt: skip
def test_the_distance_of_two_words(one: str, other: str, steps: int) -> None:
    assert distance(one, other, 2) == distance(other, one, 2) == steps


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("“a” – b…", '"a" - b...', True),
        ("a\u00a0b", "a b", True),
        ("１２", "12", True),
        ("any more", "anymore", False),
        ("well-known", "well known", False),
        ("A", "a", False),
    ],
)
def test_typography_is_all_that_a_key_leaves_out(one: str, other: str, equal: bool) -> None:
    assert (key(one) == key(other)) is equal


# --- laws ---

WORDS = """the The of a ministry Minister Park Han Kim Jong-un Busan 11 12 3-2 5 percent % $ million May may Monday said
    plan “ ” ‘ ’ " ' ’s . , … — - ... Correction: This article has been corrected 정부는 국회 and two twelve (Yonhap)""".split()
TEXTS = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=25)
BODIES = st.lists(TEXTS, max_size=6).map(tuple)
ARTICLES = st.builds(
    Article,
    title=TEXTS,
    posted_at=TEXTS,
    body=BODIES,
    template=st.just("g3"),
    subtitle=st.none() | TEXTS,
    authors=st.lists(TEXTS, max_size=2).map(tuple),
    byline=st.none() | TEXTS,
    modified_at=st.none() | TEXTS,
    section=st.none() | TEXTS,
    images=st.lists(st.builds(Image, st.none() | TEXTS, st.none() | TEXTS), max_size=3).map(tuple),
    original_url=st.none() | TEXTS,
)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Article, Article]:
    """An article, and the same with some paragraphs drawn anew, or in another order."""
    before = draw(ARTICLES)
    body = [draw(TEXTS) if draw(st.booleans()) else text for text in draw(st.permutations(before.body))]
    return before, replace(draw(ARTICLES), title=before.title, body=tuple(body), images=before.images)


EDITS = st.tuples(ARTICLES, ARTICLES) | edited()
LAWS = settings(deadline=None, max_examples=150)


@LAWS
@given(ARTICLES)
def test_a_state_does_not_differ_from_itself(state: Article) -> None:
    assert changes_between(state, state) == ()


@LAWS
@given(EDITS)
@with_example((article(title="", body=()), article(title="", body=("",))))
@with_example((article(body=("one", "one")), article(body=("one",))))
def test_each_change_is_of_known_kinds_and_sizes_are_shares(states: tuple[Article, Article]) -> None:
    found = changes_between(*states)
    for change in found:
        assert change.field in FIELDS
        assert change.kinds
        assert list(change.kinds) == [kind for kind in KINDS if kind in change.kinds]
        assert not WORDLESS & set(change.kinds) or len(change.kinds) == 1
        if WORDLESS & set(change.kinds):
            assert (change.size, change.words_added, change.words_removed) == (0, 0, 0)
            assert change.added is change.removed is None
        assert change.size >= 0
        assert (change.before, change.old_place) != (change.after, change.place)
    assert sum(change.size for change in found) <= 1 + 1e-9


def swapped(change: Change) -> tuple[object, ...]:
    place = change.place if change.after is not None else None
    return (
        change.field,
        change.after,
        change.before,
        place,
        change.words_removed,
        change.words_added,
        change.removed,
        change.added,
    )


def straight(change: Change) -> tuple[object, ...]:
    return (
        change.field,
        change.before,
        change.after,
        change.old_place,
        change.words_added,
        change.words_removed,
        change.added,
        change.removed,
    )


@LAWS
@given(EDITS)
def test_exchanged_states_give_exchanged_changes(states: tuple[Article, Article]) -> None:
    before, after = states
    there = sorted(map(straight, changes_between(before, after)), key=repr)
    back = sorted(map(swapped, changes_between(after, before)), key=repr)
    assert there == back


@LAWS
@given(EDITS)
def test_what_a_change_tells_stands_in_the_articles(states: tuple[Article, Article]) -> None:
    before, after = states
    for change in changes_between(before, after):
        for text, stretches in ((change.before, change.removed), (change.after, change.added)):
            assert "…" in (text or "") or all(part in (text or "") for part in (stretches or "").split(" … "))
        if change.field == "body":
            if change.before is not None:
                assert change.old_place is not None
                assert "\n".join(before.body[change.old_place - 1 :]).startswith(change.before)
            if change.after is not None:
                assert change.place is not None
                assert "\n".join(after.body[change.place - 1 :]).startswith(change.after)


# --- hostile texts ---


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["a" * 1_000_000], ["a" * 1_000_000 + "b"]),
        (["a " * 400_000], ["a b " * 200_000]),
        (["“'\"'”" * 100_000], ["‘\"'”“" * 100_000]),
        (["! Editor's note " * 6_000], ["! Editor's notes " * 6_000]),
        ([f"w{i % 7}" for i in range(20_000)], [f"w{i % 5}" for i in range(20_000)]),
        (["ab" * 10] * 3_000, ["a", "b"] * 3_000),
        ([f"w{i}" for i in range(5_000)], [f"w{i}" for i in range(5_000)][::-1]),
    ],
    ids=["letter", "letters", "quotes", "notices", "paragraphs", "parts", "moved"],
)  # fmt: skip
def test_hostile_bodies_end(before: list[str], after: list[str]) -> None:
    assert changes_between(article(body=tuple(before)), article(body=tuple(after)))


def test_work_is_bounded_by_counting_it() -> None:
    old, new = [f"x{i % 900}" for i in range(9_000)], [f"x{i % 800}" for i in range(9_000)]
    work = Work()
    found = opcodes(old, new, work)
    assert 0 <= work.left <= STEPS
    assert not Work(10).affords(old, new)
    assert [i for _, a, b, _, _ in found for i in range(a, b)] == list(range(len(old)))
    assert all(old[a:b] == new[c:d] for same, a, b, c, d in found if same)


@pytest.mark.parametrize("left", [0, 40, STEPS])
@given(st.lists(st.sampled_from("abcde"), max_size=12), st.lists(st.sampled_from("abcdefg"), max_size=12))
@settings(deadline=None, max_examples=100)
def test_opcodes_cover_both_sides_however_little_work_is_left(left: int, old: list[str], new: list[str]) -> None:
    found = opcodes(old, new, Work(left))
    assert [i for _, a, b, _, _ in found for i in range(a, b)] == list(range(len(old)))
    assert [j for _, _, _, c, d in found for j in range(c, d)] == list(range(len(new)))
    assert all((old[a:b] == new[c:d]) if same else True for same, a, b, c, d in found)
    assert [(same, c, d, a, b) for same, a, b, c, d in found] == opcodes(new, old, Work(left))


def test_words_that_occur_once_hold_long_texts_together() -> None:
    old, new = [*"aaab", "one", *"aaab", "two"], [*"aabb", "one", *"abbb", "two", "end"]
    assert (True, 4, 5, 4, 5) in opcodes(old, new, Work(0))


def test_a_text_too_long_is_replaced_where_it_differs() -> None:
    text = "the lake " * (HUGE // 16)
    (change,) = changes(f"{text}was calm {text}", f"{text}was rough {text}")
    assert (change.kinds, change.removed, change.added) == (("rewrite",), "calm", "rough")
    assert (change.words_added, change.words_removed) == (1, 1)


# --- what a notice speaks of ---

NOTICE = ("It is deep.", "It is deep.\nCorrection: An earlier version misstated the toll of 12 in Busan.")
TOLL = ("The storm killed 11 people.", "The storm killed 12 people.")
PLACE = ("They spoke with Mayor Ku.", "They spoke with Mayor Noh.")


def test_a_notice_speaks_of_the_edit_that_came_with_it() -> None:
    notice = changes("Storm killed 11 there.", f"Storm killed 12 there.\n{NOTICE[1]}")
    assert tied([changes(*TOLL), notice]) == {1: 1}


def test_a_notice_by_itself_speaks_of_the_edit_whose_words_it_names() -> None:
    history = [changes(*TOLL), changes(*PLACE), changes(*NOTICE)]
    assert tied(history) == {2: 0}


def test_else_of_the_newest_edit_of_text() -> None:
    notice = changes("It is deep.", "It is deep.\nCorrection: An earlier version was wrong.")
    stamp = changes("a", "b", "stamp")
    layout = changes("A b. C d.", "A b.\nC d.")
    assert tied([changes(*TOLL), changes(*PLACE), stamp, layout, notice]) == {4: 1}


def test_of_none_where_no_text_was_edited() -> None:
    assert tied([changes("a", "b", "stamp"), changes(*NOTICE)]) == {}
    assert tied([]) == {}


def test_the_newest_of_several_edits_that_a_notice_names() -> None:
    assert tied([changes(*TOLL), changes(*TOLL), changes(*PLACE), changes(*NOTICE)]) == {3: 1}
