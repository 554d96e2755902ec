"""A copy of the newspaper's English edition, invented from head to foot, served on loopback.

`Replica` is the whole interface: a context manager that answers as the site's two hosts do, on one
of `NIGHTS` nights, or on the night of its `RELAUNCH`, and misbehaves when it is asked to. It uses the standard library only and knows
nothing of the crawler or of the extraction, so that the two sides cannot share a mistake.
"""

from jobs.replica.misbehaviour import KINDS, Misbehaviour
from jobs.replica.outage import Outage
from jobs.replica.relaunch import RELAUNCH
from jobs.replica.server import DEFAULT_ROBOTS, Replica, Request, RobotsAnswer
from jobs.replica.site import NIGHTS, Record

__all__ = [
    "DEFAULT_ROBOTS",
    "KINDS",
    "NIGHTS",
    "RELAUNCH",
    "Misbehaviour",
    "Outage",
    "Record",
    "Replica",
    "Request",
    "RobotsAnswer",
]
