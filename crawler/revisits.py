"""When a known article is due for another look: one pure function."""

from dataclasses import dataclass

from archive.times import seconds_between

RECHECK_RATIO = 0.1  # an article unchanged for ten days is asked daily, one unchanged for a year every five weeks

# An article that was not where it should be is asked every night until it is back or its removal is confirmed, so that three
# checks over two days come together; half a day, since a night's run may begin earlier than the one before.
DOUBT_SECONDS = 12 * 3600
IN_DOUBT = ("missing", "blocked")


@dataclass(frozen=True, slots=True)
class Known:
    """What the policy may know of an article: when it last changed and was last checked, and where it stands."""

    article_id: int
    url: str
    last_change_at: str
    last_checked_at: str
    status: str | None = None


def is_due(known: Known, now: str) -> bool:
    """Whether an article should be asked again at `now`.

    The time since the last check must reach a tenth of the time for which the article had already stood unchanged by
    then: often at first, ever more rarely later, never never.
    """
    if known.status in IN_DOUBT and seconds_between(known.last_checked_at, now) >= DOUBT_SECONDS:
        return True
    unchanged_for = seconds_between(known.last_change_at, known.last_checked_at)
    return seconds_between(known.last_checked_at, now) >= RECHECK_RATIO * unchanged_for
