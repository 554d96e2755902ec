"""What a version is: the fold over an article's captures, whatever order they arrive in."""

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.history import History, Observation, Version, content_hash, fold
from archive.records import Article, FetchOutcome, Image, Reading, Refusal, RefusalReason

ID = 1095276
URL = f"https://www.hani.co.kr/arti/english_edition/e_national/{ID}.html"
PICTURE = Image("https://img.hani.co.kr/imgdb/original/1.jpg", "A ferry. (Yonhap)", "Yonhap")
A = Article(
    title="Title",
    posted_at="2023-06-09T08:50:00Z",
    body=("One.", "Two."),
    template="g2",
    number=ID,
    subtitle="Sub",
    authors=("Kim A-ra",),
    byline="By Kim A-ra, staff reporter",
    modified_at="2023-06-09T08:50:00Z",
    section="e_national",
    images=(PICTURE,),
    original_url="https://www.hani.co.kr/arti/politics/1.html",
)
EDITED = replace(A, body=("One.", "Three."))
LATER = "2023-06-10T01:00:00Z"
NIGHTS = [f"2023-06-{10 + n}T18:30:00Z" for n in range(9)]


def seen(
    at: str,
    digest: str | None,
    outcome: FetchOutcome = FetchOutcome.OK,
    url: str = URL,
    section: str | None = "e_national",
) -> Observation:
    return Observation(at, outcome, url, section, digest)


def history(*pages: Reading, at: list[str] | None = None) -> History:
    """One capture a night, each of a page of its own."""
    moments = at or NIGHTS
    readings = {f"d{n}": page for n, page in enumerate(pages)}
    return fold(ID, [seen(moments[n], f"d{n}") for n in range(len(pages))], readings)


def kinds(found: History) -> list[tuple[str, bool]]:
    return [(version.kind, version.silent) for version in found.versions]


@pytest.mark.parametrize(
    ("changed", "kind", "silent"),
    [
        ({"title": "Other"}, "text", True),
        ({"subtitle": "Other"}, "text", True),
        ({"subtitle": None}, "text", True),
        ({"body": ("One.",)}, "text", True),
        ({"body": ("One. Two.",)}, "text", True),
        ({"body": ("Two.", "One.")}, "text", True),
        ({"images": (replace(PICTURE, caption="Other"),)}, "text", True),
        ({"images": ()}, "text", True),
        ({"title": "Other", "modified_at": LATER}, "text", False),
        ({"title": "Other", "modified_at": None}, "text", True),
        ({"title": "Other", "modified_at": "2023-06-09T07:00:00Z"}, "text", True),
        ({"section": "e_business"}, "metadata", False),
        ({"byline": "By Lee B-ho, staff reporter"}, "metadata", False),
        ({"authors": ("Lee B-ho",)}, "metadata", False),
        ({"authors": (), "byline": None}, "metadata", False),
        ({"images": (replace(PICTURE, src="https://img.hani.co.kr/imgdb/original/2.jpg"),)}, "metadata", False),
        ({"posted_at": "2023-06-09T08:49:00Z"}, "metadata", False),
        ({"original_url": None}, "metadata", False),
        ({"section": "e_business", "modified_at": LATER}, "metadata", False),
        ({"modified_at": LATER}, "stamp", False),
        ({"modified_at": None}, "stamp", False),
        ({"template": "g3"}, None, None),
        ({"number": None}, None, None),
        ({}, None, None),
    ],
)
def test_what_counts_as_a_new_version(changed: dict[str, Any], kind: str | None, silent: bool | None) -> None:
    expected = [("first", False)] + ([(kind, silent)] if kind else [])
    assert kinds(history(A, replace(A, **changed))) == expected


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([A, EDITED, A], ["first", "text", "revert"]),
        ([A, EDITED, A, EDITED], ["first", "text", "revert", "revert"]),
        ([A, EDITED, replace(A, title="Third"), A], ["first", "text", "text", "revert"]),
        ([A, EDITED, replace(A, section="e_business")], ["first", "text", "revert"]),  # the text alone decides
        ([A, EDITED, replace(A, modified_at=LATER)], ["first", "text", "revert"]),
        ([A, replace(A, section="e_business"), A], ["first", "metadata", "metadata"]),
        ([A, replace(A, modified_at=LATER), A], ["first", "stamp", "stamp"]),
        ([A, A, A], ["first"]),
    ],
)
def test_a_revert_is_a_text_that_stood_before(pages: list[Article], expected: list[str]) -> None:
    assert [kind for kind, _ in kinds(history(*pages))] == expected


@pytest.mark.parametrize(
    ("earlier", "before", "after", "silent"),
    [
        # the stamp says 08:50; it has no seconds
        ("2023-06-09T08:50:00Z", A.modified_at, A.modified_at, False),
        ("2023-06-09T08:50:59Z", A.modified_at, A.modified_at, False),
        ("2023-06-09T08:51:00Z", A.modified_at, A.modified_at, True),
        ("2023-06-09T09:30:00Z", A.modified_at, A.modified_at, True),
        ("2023-06-09T09:30:00Z", A.modified_at, "2023-06-09T09:31:00Z", False),
        ("2023-06-09T08:50:30Z", A.modified_at, "2023-06-09T08:51:00Z", False),
        # a page without a modified time has the time of posting for a stamp
        ("2023-06-09T08:50:59Z", None, None, False),
        ("2023-06-09T08:51:00Z", None, None, True),
        ("2023-06-09T09:30:00Z", None, "2023-06-09T09:31:00Z", False),
    ],
)
@pytest.mark.parametrize("revert", [False, True])
def test_silent_is_a_text_that_changed_behind_its_stamp(
    earlier: str, before: str | None, after: str | None, silent: bool, revert: bool
) -> None:
    first, second = replace(A, modified_at=before), replace(EDITED, modified_at=after)
    moments, pages = [earlier, NIGHTS[0]], [first, second]
    if revert:
        moments, pages = ["2023-06-09T08:50:00Z", *moments], [second, *pages]
        if earlier == moments[0]:
            moments[0] = "2023-06-09T08:49:00Z"
    assert kinds(history(*pages, at=moments))[-1] == ("revert" if revert else "text", silent)


def test_the_earlier_capture_is_the_last_one_that_showed_the_earlier_text() -> None:
    readings: dict[str, Reading] = {"d0": A, "d1": EDITED}
    within, behind = "2023-06-09T08:50:30Z", "2023-06-09T08:55:00Z"
    once = [seen(within, "d0"), seen(NIGHTS[0], "d1")]
    assert not fold(ID, once, readings).versions[1].silent
    again = [*once, seen(behind, "d0", FetchOutcome.NOT_MODIFIED)]
    assert fold(ID, again, readings).versions[1].silent


def test_a_304_speaks_for_the_payload_that_it_names() -> None:
    readings: dict[str, Reading] = {"d0": A, "d1": EDITED}
    log = [seen(NIGHTS[0], "d0"), seen(NIGHTS[1], "d1"), seen(NIGHTS[2], "d0", FetchOutcome.NOT_MODIFIED)]
    found = fold(ID, log, readings)
    assert [version.kind for version in found.versions] == ["first", "text", "revert"]
    assert found.versions[2].article == A
    same = fold(ID, [*log[:2], seen(NIGHTS[2], "d1", FetchOutcome.NOT_MODIFIED)], readings)
    assert len(same.versions) == 2
    assert same.versions[1].last_seen_at == NIGHTS[2]
    assert same.standing is not None and same.standing.last_checked_at == NIGHTS[2]


def test_a_late_capture_lands_between() -> None:
    readings: dict[str, Reading] = {"d0": A, "d1": EDITED, "d2": replace(A, title="Third")}
    first, between, last = (seen(NIGHTS[n], f"d{n}") for n in range(3))
    before = fold(ID, [first, last], readings)
    after = fold(ID, [first, last, between], readings)
    assert [v.number for v in after.versions] == [1, 2, 3]
    assert [v.article for v in after.versions] == [A, EDITED, readings["d2"]]
    assert [before.versions[0].id, before.versions[1].id] == [after.versions[0].id, after.versions[2].id]
    assert after.versions[0].last_seen_at == NIGHTS[0]


def test_an_id_names_article_and_capture_and_is_no_counter() -> None:
    found = history(A, EDITED, A)
    assert len({version.id for version in found.versions}) == 3
    assert all(version.id.startswith(f"{ID}@") for version in found.versions)
    assert fold(ID + 1, [seen(NIGHTS[0], "d0")], {"d0": replace(A, number=None)}).versions[0].id != found.versions[0].id


def test_captures_within_one_second_go_by_their_digest() -> None:
    readings: dict[str, Reading] = {"d0": A, "d1": EDITED}
    for log in ([seen(NIGHTS[0], "d0"), seen(NIGHTS[0], "d1")], [seen(NIGHTS[0], "d1"), seen(NIGHTS[0], "d0")]):
        assert [version.article for version in fold(ID, log, readings).versions] == [A, EDITED]


def test_captures_alike_in_second_and_digest_are_folded_alike_whichever_came_first() -> None:
    there = seen(NIGHTS[0], "d0", url=URL.replace("www", "english"), section="e_business")
    readings: dict[str, Reading] = {"d0": replace(A, section=None)}
    assert fold(ID, [there, seen(NIGHTS[0], "d0")], readings) == fold(ID, [seen(NIGHTS[0], "d0"), there], readings)


DELETED = Refusal(RefusalReason.DELETED, "the page says that it was deleted")
BOT = Refusal(RefusalReason.BOT_CHECK, "the page asks who we are")


@pytest.mark.parametrize(
    ("outcomes", "status", "versions"),
    [
        (["ok"], "live", 1),
        (["ok", "gone"], "missing", 1),
        (["ok", "deleted"], "missing", 1),
        (["ok", "gone", "ok"], "live", 1),
        (["ok", "deleted", "ok"], "live", 1),
        (["ok", "gone", "304"], "live", 1),
        (["ok", "gone", "edited"], "live", 2),
        (["ok", "gone", "failed"], "missing", 1),
        (["ok", "bot"], "blocked", 1),
        (["ok", "failed"], "live", 1),
        (["ok", "blocked"], "blocked", 1),
        (["ok", "robots"], "live", 1),
        (["ok", "off_site"], "live", 1),
        (["ok", "other"], "moved", 1),
        (["gone"], None, 0),
        (["deleted"], None, 0),
        (["bot", "failed", "blocked"], None, 0),
        (["gone", "ok"], "live", 1),
        ([], None, 0),
    ],
)
def test_where_the_article_stands(outcomes: list[str], status: str | None, versions: int) -> None:
    pages: dict[str, Reading] = {
        "ok": A,
        "edited": EDITED,
        "deleted": DELETED,
        "bot": BOT,
        "other": replace(A, number=ID + 1),
    }
    log = []
    for at, name in zip(NIGHTS, outcomes, strict=False):
        if name in pages:
            log.append(seen(at, name))
        elif name == "304":
            log.append(seen(at, "ok", FetchOutcome.NOT_MODIFIED))
        else:
            log.append(seen(at, None, FetchOutcome(name)))
    found = fold(ID, log, pages)
    assert (found.standing.status if found.standing else None) == status
    assert len(found.versions) == versions
    if found.standing:
        assert found.standing.first_seen_at == next(o.fetched_at for o in log if o.payload_digest in ("ok", "edited"))
        assert found.standing.last_seen_at <= found.standing.last_checked_at


def test_a_404s_own_page_is_never_read() -> None:
    found = fold(ID, [seen(NIGHTS[0], "d0"), seen(NIGHTS[1], "d1", FetchOutcome.GONE)], {"d0": A, "d1": EDITED})
    assert len(found.versions) == 1


def test_the_section_is_the_address_ones_where_the_page_does_not_say() -> None:
    silent_page = replace(A, section=None)
    moved = [seen(NIGHTS[0], "d0"), seen(NIGHTS[1], "d0", section="e_business")]
    found = fold(ID, moved, {"d0": silent_page})
    assert [version.article.section for version in found.versions] == ["e_national", "e_business"]
    assert [version.kind for version in found.versions] == ["first", "metadata"]


def test_the_address_is_the_one_that_last_answered_with_the_article() -> None:
    english = URL.replace("www", "english")
    found = fold(
        ID,
        [seen(NIGHTS[0], "d0"), seen(NIGHTS[1], "d0", url=english), seen(NIGHTS[2], None, FetchOutcome.GONE)],
        {"d0": A},
    )
    assert found.standing is not None and found.standing.url == english


def test_the_hash_is_over_what_a_reader_reads() -> None:
    assert content_hash(A) == content_hash(replace(A, section="x", byline=None, modified_at=None, template="g3"))
    parted = [
        replace(A, title=t, subtitle=s, body=b)
        for t, s, b in (("a", "b", ("c",)), ("ab", None, ("c",)), ("a", None, ("b", "c")), ("a", None, ("bc",)))
    ]
    assert len({content_hash(article) for article in parted}) == len(parted)


READINGS: dict[str, Reading] = {
    "a": A,
    "b": EDITED,
    "c": replace(A, section="e_business"),
    "d": replace(A, modified_at=LATER),
    "e": DELETED,
    "f": BOT,
    "g": replace(A, section=None),
    "h": replace(EDITED, modified_at=LATER),
    "i": replace(A, number=3),
}
OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        fetched_at=st.sampled_from(NIGHTS[:3]),
        outcome=st.just(FetchOutcome.OK) | st.sampled_from(FetchOutcome),
        url=st.sampled_from([URL, URL.replace("www", "english")]),
        section=st.sampled_from(["e_national", "e_business"]),
        payload_digest=st.none() | st.sampled_from(sorted(READINGS)),
    ),
    max_size=10,
)


@settings(deadline=None, max_examples=400)
@given(OBSERVATIONS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(log: list[Observation], chance: random.Random) -> None:
    shuffled = list(log)
    chance.shuffle(shuffled)
    assert fold(ID, shuffled, READINGS) == fold(ID, log, READINGS)


@settings(deadline=None, max_examples=200)
@given(OBSERVATIONS)
def test_folding_again_and_twice_the_same_captures_changes_nothing(log: list[Observation]) -> None:
    once = fold(ID, log, READINGS)
    assert fold(ID, log, READINGS) == once
    assert fold(ID, [*log, *log], READINGS) == once


@settings(deadline=None, max_examples=200)
@given(OBSERVATIONS)
def test_what_holds_of_every_history(log: list[Observation]) -> None:
    found = fold(ID, log, READINGS)
    versions: tuple[Version, ...] = found.versions
    assert (found.standing is None) is (not versions)
    assert [v.number for v in versions] == list(range(1, len(versions) + 1))
    assert len({v.id for v in versions}) == len(versions)
    for before, after in pairwise(versions):
        assert before.first_seen_at <= before.last_seen_at <= after.first_seen_at
        assert after.kind != "first"
        assert (after.content_hash != before.content_hash) is (after.kind in ("text", "revert"))
        assert not after.silent or after.kind in ("text", "revert")
    if versions:
        assert (versions[0].kind, versions[0].silent) == ("first", False)
