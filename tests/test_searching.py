"""`hani search` with the filters that the page has."""

from pathlib import Path

import pytest

from tests.conftest import Hani
from tests.reading import an_article, written


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four articles on barley: 1 edited with a stamp, 2 silently, 3 taken away, 4 as it was; rice only in a version of 2."""
    path = tmp_path_factory.mktemp("searched") / "archive.db"
    day = "2023-06-{:02}T03:00:00Z".format
    first = an_article("First", "Barley rose by 3 percent.", authors=("Chae Do-un",), section="e_business")
    stamped = an_article(
        "First",
        "Barley rose by 5 percent.",
        authors=("Chae Do-un",),
        section="e_business",
        modified_at="2023-06-11T01:00:00Z",
    )
    seen = [
        (1, day(10), first),
        (1, day(12), stamped),
        (2, day(10), an_article("Second", "Barley and rice by boat.")),
        (2, day(12), an_article("Second", "Barley and oats by boat.")),
        (3, day(10), an_article("Third", "Barley again.", posted_at="2023-06-01T15:00:00Z")),
        *((3, day(11 + 2 * n), None) for n in range(3)),
        (4, day(10), an_article("Fourth", "Barley, and barley.", posted_at="2023-06-01T14:59:59Z")),
    ]
    return written(path, seen)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["barley"], {1, 2, 3, 4}),
        (["barley", "--section", "e_business"], {1}),
        (["barley", "--author", "Chae Do-un"], {1}),
        (["barley", "--author", "Chae"], set()),
        (["barley", "--edited"], {1, 2}),
        (["barley", "--silent"], {2}),
        (["barley", "--removed-articles"], {3}),
        (["barley", "--from", "2023-06-02"], {1, 2, 3}),
        (["barley", "--to", "2023-06-01"], {4}),
        (["barley", "--from", "2023-06-02", "--to", "2023-06-02"], {3}),
        (["rice"], set()),
        (["rice", "--all-versions"], {2}),
    ],
)
def test_filters(made: Path, hani: Hani, arguments: list[str], expected: set[int]) -> None:
    ran = hani("search", *arguments, "--json", db=made)
    assert ran.code == 0, ran.err
    assert {row["id"] for row in ran.data} == expected


def test_changes_have_the_filters_too(made: Path, hani: Hani) -> None:
    def found(*arguments: str) -> list[int]:
        return [row["article_id"] for row in hani("search", *arguments, "--json", db=made).data]

    assert found("--added", "5") == [1] and found("--added", "5", "--silent") == []
    assert found("--removed", "rice", "--silent") == [2]


def test_the_newest_first(made: Path, hani: Hani) -> None:
    found = [row["id"] for row in hani("search", "barley", "--newest", "--json", db=made).data]
    assert found == [2, 1, 3, 4]


def test_a_version_that_was_found_is_named(made: Path, hani: Hani) -> None:
    assert "version 1 of 2" in hani("search", "rice", "--all-versions", db=made).out
    assert "| version 1 of 2 |" in hani("search", "rice", "--all-versions", "--md", db=made).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "soon"], "--from 'soon' is no time"),
        (["--to", "2023-02-30"], "--to '2023-02-30' is no day"),
        (["--all-versions", "--added"], "not more than one"),
    ],
)
def test_bad_input_gets_a_sentence(made: Path, hani: Hani, arguments: list[str], sentence: str) -> None:
    ran = hani("search", "barley", *arguments, db=made)
    assert (ran.code, ran.out) == (2, "") and sentence in ran.sentence


def test_nothing_found_is_no_failure(made: Path, hani: Hani) -> None:
    ran = hani("search", "hostel", db=made)
    assert (ran.code, ran.out) == (0, "0 articles\n")
