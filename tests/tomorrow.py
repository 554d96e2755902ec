"""The program as it will be once somebody has described the relaunched layout: a copy of it with two templates changed."""

import shutil
from pathlib import Path

from tests.conftest import ROOT

RELAUNCHED = """
G4 = replace(
    G3,
    name="g4",
    seen="from the relaunch on, www.hani.co.kr",
    shows=("descendant::article[@id='relaunch2026']",),
    title=(_part("StoryView_heading"),),
    dates=(_part("StoryView_times"),),
    subtitle=(_part("StoryView_deck"),),
    reporters=(_part("StoryView_writers"),),
    frame=(_class("story-body"),),
)
G2 = replace(G2, version=G2.version + 1, subtitle=(*G2.subtitle, _class("deck")))
TEMPLATES = (G4, G3, G2, G1)
"""


def tomorrows_program(folder: Path) -> Path:
    """A folder to put in front of PYTHONPATH: the program with a template for the new layout."""
    for package in ("archive", "crawler", "jobs"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    templates = folder / "crawler" / "templates.py"
    text = templates.read_text("utf-8")
    assert "TEMPLATES = (G3, G2, G1)\n" in text
    text = text.replace("TEMPLATES = (G3, G2, G1)\n", RELAUNCHED)
    templates.write_text(text.replace("import dataclass\n", "import dataclass, replace\n"), "utf-8")
    return folder
