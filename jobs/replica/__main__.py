"""`python -m jobs.replica --night 1 --port 8800`: serve the copy until Ctrl-C."""

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path

from jobs.replica.outage import ANSWERS, Outage
from jobs.replica.relaunch import RELAUNCH
from jobs.replica.server import Replica


def _outage(text: str) -> Outage:
    """The outage written on the command line; what is wrong with it is argparse's to say."""
    try:
        return Outage.parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no SHARE:ANSWER: {error}") from error


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line, parsed."""
    parser = argparse.ArgumentParser(prog="python -m jobs.replica", description=__doc__)
    parser.add_argument("--night", type=int, default=1, choices=range(1, RELAUNCH + 1))
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--articles", type=Path, default=None, help="another folder of articles")
    parser.add_argument("--pages", type=Path, default=None, help="another folder of raw pages")
    parser.add_argument(
        "--outage",
        type=_outage,
        default=None,
        metavar="SHARE:ANSWER",
        help=f"let a share of the articles answer badly, as in 0.5:deleted; answers: {', '.join(ANSWERS)}",
    )
    return parser.parse_args(argv)


def wait_for_ever() -> None:
    """Do nothing until Ctrl-C."""
    threading.Event().wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Serve one night's site; the origin is the one line printed."""
    args = _arguments(argv)
    # Left running for hours, the log of requests would only grow: nobody reads it here.
    with Replica(args.night, port=args.port, articles=args.articles, pages=args.pages, log=False) as replica:
        replica.outage = args.outage
        print(
            f"night {replica.night}: {len(replica.article_ids())} articles at {replica.origin}",
            flush=True,
        )
        try:
            wait_for_ever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
