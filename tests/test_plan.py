"""The agenda: new articles before rechecks, the newest first, each article once."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.frontier import Entry
from crawler.discovery import Walk
from crawler.plan import LISTING, NEW, RECHECK, Agenda, article_entry, listing_entry
from crawler.urls import ENGLISH, WWW, ArticleAddress

WALK = Walk("new:e_national", "e_national", "new")


def article(kind: str, number: int, host: str = WWW, section: str = "e_national") -> Entry:
    return article_entry(kind, ArticleAddress(number, host, section))


def listing(page: int) -> Entry:
    return listing_entry(WALK, page, 1, False)


def drained(agenda: Agenda) -> list[Entry]:
    taken = []
    while (entry := agenda.next()) is not None:
        taken.append(entry)
    return taken


def test_an_entry_names_what_it_asks() -> None:
    assert article(NEW, 7) == Entry(NEW, f"https://{WWW}/arti/english_edition/e_national/7.html", 7)
    assert listing(2) == Entry(LISTING, WALK.page_url(2), None, WALK.name, 2, 1, False)


def test_lists_then_new_articles_then_rechecks_newest_first() -> None:
    agenda = Agenda(100)
    agenda.add([article(RECHECK, 5), article(RECHECK, 9), article(NEW, 3), listing(1), article(NEW, 8)])
    assert [(e.kind, e.article_id) for e in drained(agenda)] == [
        (LISTING, None),
        (NEW, 8),
        (NEW, 3),
        (RECHECK, 9),
        (RECHECK, 5),
    ]
    assert agenda.next() is None


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from([NEW, RECHECK]), st.integers(1, 40)), max_size=30, unique_by=lambda e: e[1]))
def test_new_ones_always_come_first(articles: list[tuple[str, int]]) -> None:
    agenda = Agenda(100)
    agenda.add(article(kind, number) for kind, number in articles)
    got = [(entry.kind, entry.article_id) for entry in drained(agenda)]
    assert got == [
        (kind, n) for kind in (NEW, RECHECK) for n in sorted((n for k, n in articles if k == kind), reverse=True)
    ]


def test_an_address_is_taken_up_once_even_after_it_was_asked() -> None:
    agenda = Agenda(100)
    assert agenda.add([article(NEW, 7), article(NEW, 7)]) == [article(NEW, 7)]
    assert agenda.next() == article(NEW, 7)
    assert agenda.add([article(NEW, 7)]) == []
    assert agenda.next() is None


@pytest.mark.parametrize(
    ("host", "section"), [(ENGLISH, "e_national"), (WWW, "e_business"), (ENGLISH, "english_editorials")]
)
@pytest.mark.parametrize("kind", [NEW, RECHECK])
def test_two_addresses_of_one_article_are_one_article(host: str, section: str, kind: str) -> None:
    agenda = Agenda(100)
    agenda.add([article(kind, 7), article(kind, 7, host, section)])
    agenda.add([article(kind, 7, host, section)])
    assert [entry.article_id for entry in drained(agenda)] == [7]


def test_lists_take_no_more_than_half_of_a_budget_while_articles_wait() -> None:
    agenda = Agenda(10)
    agenda.add([*(listing(page) for page in range(1, 30)), *(article(NEW, n) for n in range(1, 30))])
    kinds = []
    for _ in range(10):
        entry = agenda.next()
        assert entry is not None
        kinds.append(entry.kind)
        agenda.spent_on_lists += entry.kind == LISTING
    assert (kinds.count(LISTING), kinds.count(NEW)) == (5, 5)


def test_lists_go_on_when_no_new_article_waits() -> None:
    agenda = Agenda(2, spent_on_lists=50)
    agenda.add([listing(1), article(RECHECK, 7)])
    assert [entry.kind for entry in drained(agenda)] == [LISTING, RECHECK]


def test_what_failed_before_comes_after_what_was_not_tried() -> None:
    agenda = Agenda(100)
    tried = Entry(NEW, "https://www.hani.co.kr/arti/english_edition/e_national/9.html", 9, attempts=2)
    agenda.add([tried, article(NEW, 7)])
    assert [entry.article_id for entry in drained(agenda)] == [7, 9]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 40), st.randoms(use_true_random=False))
def test_what_was_not_asked_is_left_over(new: int, rechecks: int, asked: int, chance: random.Random) -> None:
    entries = [article(NEW, n) for n in range(1, new + 1)] + [article(RECHECK, n) for n in range(100, 100 + rechecks)]
    chance.shuffle(entries)
    agenda = Agenda(100)
    agenda.add(entries)
    taken = [entry for _ in range(asked) if (entry := agenda.next()) is not None]
    left = agenda.articles_left()
    assert len(taken) + len(left) == len(entries)
    assert {entry.url for entry in taken} | {entry.url for entry in left} == {entry.url for entry in entries}
