"""What a version is: one pure fold over an article's captures, in the order in which they were made.

    captures and their readings → versions, and the article as it stands

The order is (fetched_at, payload digest), never that of arrival: a capture that comes in late lands in its place. Nothing
here is a counter of the database, so the same captures give the same versions wherever they are folded.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from archive.drift import BODY, FALLBACK, MOST_WORDS, TEXT
from archive.records import OPTIONAL, Article, FetchOutcome, Reading, Refusal, RefusalReason
from archive.standing import Check, Condition, Presence, Status, Tombstone, condition, leads_to_another
from archive.times import seconds_between

FOLD_VERSION = 3
"""Raised when the same captures and readings come to give other rows."""

STAMP_SECONDS = 60  # the newspaper's stamps have no seconds: an edit within the stamp's own minute is no silent one


@dataclass(frozen=True, slots=True)
class Observation:
    """A capture as the fold needs it.

    `counts` is False where the whole site answered badly in the same run, so that it proves no removal; `redirect` is
    the address that it last led to. `doubts` names the fields, each with its template, that had drifted in the run that
    first fetched the payload.
    """

    fetched_at: str
    outcome: FetchOutcome
    url: str
    section: str | None
    payload_digest: str | None
    counts: bool = True
    http_status: int | None = None
    redirect: str | None = None
    error: str | None = None
    doubts: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Version:
    """A state of an article unlike the one before it; its id is derived from the capture that began it.

    `first_digest` and `last_digest` name the payloads of the first and the last capture that showed it: the proof.
    """

    id: str
    article_id: int
    number: int
    kind: str
    silent: bool
    article: Article
    content_hash: str
    first_seen_at: str
    last_seen_at: str
    first_digest: str
    last_digest: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds of the article now, beyond its newest version."""

    url: str
    status: Status
    first_seen_at: str
    last_seen_at: str
    last_checked_at: str


@dataclass(frozen=True, slots=True)
class History:
    """All versions, oldest first; `standing` is None as long as there is no version.

    `tombstones` holds the article's disappearances, `turns` since when it has had which status, both oldest first.
    """

    versions: tuple[Version, ...]
    standing: Standing | None
    tombstones: tuple[Tombstone, ...] = ()
    turns: tuple[tuple[str, Status], ...] = ()


def content_hash(article: Article) -> str:
    """SHA-256 over the text a reader reads: title, subtitle, body and captions."""
    text = [article.title, article.subtitle, article.body, article.captions]
    return hashlib.sha256(json.dumps(text, ensure_ascii=False).encode()).hexdigest()


def metadata(article: Article) -> tuple[object, ...]:
    """What makes a `metadata` version when the text is the same."""
    sources = tuple(image.src for image in article.images)
    return article.section, article.byline, article.authors, sources, article.posted_at, article.original_url


def version_id(article_id: int, observation: Observation) -> str:
    """`1095276@3f2a9c0d1e5b`: the article, and a fingerprint of the capture that began the version."""
    seed = f"{article_id} {observation.fetched_at} {observation.payload_digest} {observation.section}"
    return f"{article_id}@{hashlib.sha256(seed.encode()).hexdigest()[:12]}"


def read_as(article_id: int, observation: Observation, readings: Mapping[str, Reading]) -> Reading | None:
    """What this observation shows of the article; None where it shows no page.

    A page that names another number is refused: it speaks of another article.
    """
    if observation.outcome not in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED) or observation.payload_digest is None:
        return None
    reading = readings[observation.payload_digest]
    if isinstance(reading, Refusal):
        return reading
    if reading.number not in (None, article_id):
        return Refusal(RefusalReason.OTHER_ARTICLE, f"the page says that it is article {reading.number}")
    return reading if reading.section else replace(reading, section=observation.section)


def believed(reading: Reading | None, observation: Observation, versions: Sequence[Version]) -> Reading | None:
    """What is believed of a reading beside the version before it: where the layout drifted, ours is in doubt, not theirs.

    1. A page that no template knows tells nothing of an article that one has read, unless its text is the same: what the
       cascade for unknown layouts takes along or leaves out would pass for an edit. Nor, while such pages are many, does it of one
       that the cascade itself has read.
    2. Nor does a page that lacks most of the text, or has another one, where most pages of the run that fetched it did.
    3. A field that drifted in that run stays what it was, where it would be lost or gained.
    """
    if not versions or not isinstance(reading, Article):
        return reading
    before = versions[-1].article
    many = any(measure == FALLBACK for _, measure in observation.doubts)
    if reading.template == FALLBACK and (before.template != FALLBACK or many):
        if content_hash(reading) == versions[-1].content_hash:
            return before
        return Refusal(RefusalReason.UNKNOWN_LAYOUT, "no template knows this page, and the article was read before")
    doubted = {measure for template, measure in observation.doubts if template == reading.template}
    if BODY in doubted and reading.words < MOST_WORDS * before.words:
        return Refusal(RefusalReason.UNKNOWN_LAYOUT, "most of the text is missing, as on most pages of the same run")
    if TEXT in doubted and reading.core != before.core:
        return Refusal(
            RefusalReason.UNKNOWN_LAYOUT, "most pages of the same run differ, and no stamp says that they changed"
        )
    return _undoubted(reading, before, doubted & set(OPTIONAL))


def _lacking_in_doubt(reading: Article, observation: Observation) -> set[str]:
    """The fields that a reading lacks, and of which that is not known, since they had drifted."""
    return {m for t, m in observation.doubts if t == reading.template and m in OPTIONAL} - set(reading.filled)


def _filled_in(version: Version, reading: Article, unsure: set[str]) -> Version:
    """A version with the fields that it lacks for a drift of ours, and that a sound page shows now: no edit of theirs."""
    gained = unsure & set(reading.filled)
    if not gained:
        return version
    article = _with_fields(version.article, reading, gained)
    return replace(version, article=article, content_hash=content_hash(article))


def _with_fields(article: Article, other: Article, names: set[str]) -> Article:
    """An article with some fields of another reading; captions come with their pictures."""
    changed = names - {"captions"} | {"images"} if "captions" in names else names
    return replace(article, **{name: getattr(other, name) for name in sorted(changed)}) if changed else article


def _undoubted(reading: Article, before: Article, doubted: set[str]) -> Article:
    """A reading whose doubted fields are as before where the one has them and the other has not."""
    changed = {name for name in doubted if (name in reading.filled) is not (name in before.filled)}
    return _with_fields(reading, before, changed)


def condition_in(article_id: int, observation: Observation, reading: Reading | None) -> Condition:
    """In what condition this observation found the article."""
    reason = reading.reason if isinstance(reading, Refusal) else None
    elsewhere = leads_to_another(article_id, observation.redirect)
    return condition(observation.outcome, isinstance(reading, Article), reason, elsewhere)


def fold(article_id: int, observations: Iterable[Observation], readings: Mapping[str, Reading]) -> History:
    """Derive an article's history.

    `readings` holds what today's cleaner makes of each payload that the observations name: two captures are always
    compared as the same cleaner sees them.
    """
    versions: list[Version] = []
    standing: Standing | None = None
    presence = Presence()
    turns: dict[str, Status] = {}
    unsure: set[str] = set()
    for observation in sorted(observations, key=order):
        reading = believed(read_as(article_id, observation, readings), observation, versions)
        if isinstance(reading, Article) and versions:
            versions[-1] = _filled_in(versions[-1], reading, unsure)
        at = observation.fetched_at
        if isinstance(reading, Article):
            if versions and _same(versions[-1], reading):
                shown = observation.payload_digest or ""
                versions[-1] = replace(versions[-1], last_seen_at=at, last_digest=shown)
                unsure &= _lacking_in_doubt(reading, observation)
            else:
                versions.append(_next_version(article_id, versions, observation, reading))
                unsure = _lacking_in_doubt(reading, observation)
            presence.good(at)
            first = standing.first_seen_at if standing else at
            standing = Standing(observation.url, presence.status, first, at, at)
        elif standing and _is_there(reading):
            presence.good(at)
            standing = replace(standing, status=presence.status, last_seen_at=at, last_checked_at=at)
        elif standing:
            check = _check(article_id, observation, reading)
            presence.bad(check, versions[-1].id, standing.last_seen_at)
            answered = isinstance(reading, Refusal) or observation.outcome is FetchOutcome.GONE
            checked = at if answered else standing.last_checked_at
            standing = replace(standing, status=presence.status, last_checked_at=checked)
        if standing and standing.status is not next(reversed(turns.values()), None):
            turns.pop(at, None)
            turns[at] = standing.status
    return History(tuple(versions), standing, tuple(presence.tombstones), _turned(turns))


def _is_there(reading: Reading | None) -> bool:
    """Whether a page is an article all the same, though what it says is not believed."""
    return isinstance(reading, Refusal) and reading.reason is RefusalReason.UNKNOWN_LAYOUT


def _turned(turns: Mapping[str, Status]) -> tuple[tuple[str, Status], ...]:
    """The turns, without one that an answer of the same second took back."""
    found: list[tuple[str, Status]] = []
    for at, status in turns.items():
        if not found or found[-1][1] is not status:
            found.append((at, status))
    return tuple(found)


def _check(article_id: int, observation: Observation, reading: Reading | None) -> Check:
    return Check(
        at=observation.fetched_at,
        condition=condition_in(article_id, observation, reading),
        counts=observation.counts,
        http_status=observation.http_status,
        payload_digest=observation.payload_digest,
        redirect=observation.redirect,
        reason=str(reading) if isinstance(reading, Refusal) else observation.error,
    )


def order(observation: Observation) -> tuple[str, ...]:
    """Moment, then digest; the rest only so that no tie is left to the order of arrival."""
    o = observation
    rest = (str(o.counts), str(o.http_status), o.redirect or "", o.error or "")
    return o.fetched_at, o.payload_digest or "", o.outcome, o.url, o.section or "", *rest


def _same(version: Version, after: Article) -> bool:
    """Whether nothing that makes a version differs (the template and the page's own number do not).

    Equal records are told without a hash: of hundreds of captures nearly all show the same.
    """
    before = version.article
    return before == after or (
        before.modified_at == after.modified_at
        and metadata(before) == metadata(after)
        and version.content_hash == content_hash(after)
    )


def _next_version(article_id: int, versions: list[Version], observation: Observation, article: Article) -> Version:
    text = content_hash(article)
    previous = versions[-1] if versions else None
    if previous is None:
        kind = "first"
    elif text != previous.content_hash:
        kind = "revert" if any(text == version.content_hash for version in versions) else "text"
    else:
        kind = "metadata" if metadata(article) != metadata(previous.article) else "stamp"
    in_doubt = (article.template, "modified_at") in observation.doubts
    silent = previous is not None and kind in ("revert", "text") and not in_doubt and _is_silent(previous, article)
    return Version(
        id=version_id(article_id, observation),
        article_id=article_id,
        number=len(versions) + 1,
        kind=kind,
        silent=silent,
        article=article,
        content_hash=text,
        first_seen_at=observation.fetched_at,
        last_seen_at=observation.fetched_at,
        first_digest=observation.payload_digest or "",
        last_digest=observation.payload_digest or "",
    )


def _is_silent(previous: Version, article: Article) -> bool:
    """Whether the text changed although the printed stamp says that nothing did.

    The stamp must not have advanced, and the earlier text must have been seen after the stamp's own minute: else the
    edit may have been made within it, and the stamp tells the truth.
    """
    before, after = previous.article.modified_at, article.modified_at
    if after is not None and (before is None or after > before):
        return False
    printed = after or before or article.posted_at
    return seconds_between(printed, previous.last_seen_at) >= STAMP_SECONDS
