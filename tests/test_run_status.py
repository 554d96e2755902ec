"""How a run ended: what of it failed, and the exit code that says so."""

from pathlib import Path
from typing import Any

import pytest

from jobs.replica import Misbehaviour, Outage, Replica
from tests.conftest import Hani, one


def nightly(hani: Hani, site: Replica) -> Any:
    return hani("nightly", "--origin", site.origin, "--delay", "0", "--json")


@pytest.mark.parametrize(
    ("share", "code", "status"),
    [(0.03, 0, "done"), (0.3, 6, "partly_failed")],  # of 66 articles
)
def test_a_tenth_without_a_usable_answer_is_more_than_a_run_may_lose(
    share: float, code: int, status: str, site: Replica, hani: Hani, tmp_path: Path
) -> None:
    site.outage = Outage(share, "403")
    ran = nightly(hani, site)
    assert (ran.code, ran.data["status"], ran.data["exit_code"]) == (code, status, code)
    lost = ran.data["outcomes"]["failed"] + ran.data["outcomes"]["blocked"]
    assert lost > 0 and (lost > 0.1 * ran.data["addresses"]) is (code == 6)
    assert one(tmp_path / "archive.db", "select status from runs") == status


def test_one_of_two_addresses_given_by_hand(site: Replica, hani: Hani) -> None:
    good, bad = sorted(i for i in site.article_ids() if site.expected(i))[:2]
    path = site.address(bad).partition("kr")[2]
    site.misbehave[path] = [Misbehaviour("status", times=None, status=404)]
    asked = [site.address(good), site.address(bad), "--origin", site.origin, "--delay", "0", "--json"]
    assert hani("recrawl", *asked).code == 0  # gone is an answer
    site.misbehave[path] = [Misbehaviour("status", times=None, status=403)]
    ran = hani("recrawl", *asked)
    assert (ran.code, ran.data["status"]) == (6, "partly_failed")


def test_lists_that_fail_are_said(site: Replica, hani: Hani) -> None:
    for target in ("/arti/english_edition/e_*", "/arti/english_edition/english*"):
        site.misbehave[target] = [Misbehaviour("status", times=None, status=500)]
    ran = nightly(hani, site)
    assert (ran.code, ran.data["status"]) == (6, "partly_failed")
    assert ran.data["listings"]["failed"] > ran.data["listings"]["asked"] / 2
