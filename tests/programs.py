"""Tests that need a program of the machine: left out by name where it is missing, and failing where it must not be."""

import os
import shutil

import pytest

CI = os.environ.get("HANI_CI") == "1"
"""Set by .ci/run: what a developer's machine may lack must be there."""


def needs(program: str, otherwise: bool = True, why: str = "") -> pytest.MarkDecorator:
    """Skip where a program is missing, or where something else is not as it must be (`why` says what); never with HANI_CI=1."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    there = shutil.which(program, path=path) is not None
    return pytest.mark.skipif(not CI and not (there and otherwise), reason=f"needs {program}{why}")
