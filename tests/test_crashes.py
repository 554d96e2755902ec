"""A run killed at any moment loses nothing; `python -m tests.crashing --points 200` tries many more moments."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.replica import Replica
from tests.crashing import (
    PARTS,
    SCENES,
    TRIGGERS,
    Lost,
    Point,
    Scene,
    check_said,
    copy_of,
    hit,
    points,
    prepare,
    quiet_site,
)

SEED, COUNT = 7, 8


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    return prepare(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def listed_site() -> Iterator[Replica]:
    with quiet_site() as site:
        yield site


@pytest.mark.parametrize("point", points(COUNT, SEED), ids=str)
def test_a_command_killed_at_a_random_moment(point: Point, scenes: dict[str, Scene], listed_site: Replica) -> None:
    hit(point, scenes, listed_site)


@pytest.mark.parametrize("trigger", ["time", "statement"])
def test_a_night_killed_as_it_closes(trigger: str, scenes: dict[str, Scene], listed_site: Replica) -> None:
    hit(Point(0, "night 2", trigger, "end", 0.9, 0.2), scenes, listed_site)


def test_many_points_spread_over_all_scenes_triggers_and_parts() -> None:
    drawn = points(200, 1)
    pairs = {(point.scene, point.trigger) for point in drawn}
    assert pairs == {(scene, trigger) for scene in SCENES for trigger in TRIGGERS}
    assert {point.part for point in drawn} == set(PARTS)
    assert points(200, 1) == drawn != points(200, 2)


def test_the_harness_sees_what_is_lost(scenes: dict[str, Scene], tmp_path: Path) -> None:
    grown = scenes["night 2"].before
    assert grown is not None
    with copy_of(grown) as archive:
        number = archive.execute("select max(id) from articles").fetchone()[0]
        check_said(archive, [f"2026-11-24 03:30:00 new {number} A headline"])
        archive.execute("delete from versions where article_id = ?", [number])
        with pytest.raises(Lost, match="has 0 versions"):
            check_said(archive, [f"2026-11-24 03:30:00 new {number} A headline"])
        with pytest.raises(Lost, match="its capture is not there"):
            check_said(archive, ["2026-11-24 03:30:00 changed (text, silent) 999 A headline"])
