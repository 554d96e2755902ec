"""The whole schema, in named steps; no table is born anywhere else.

Two kinds of tables. The log is written once and never changed: `captures`, `payloads`, `listings`, `sightings`, `runs`.
Everything in DERIVED_TABLES follows from it and can be dropped and made again. `frontier` is what is still to be asked.
"""

from dataclasses import dataclass
from functools import cache

from sqlite_utils import Database, Migrations

migrations = Migrations("hani")

LOG = """
create table runs (
  id integer primary key,
  command text not null,
  started_at text not null,
  finished_at text,
  status text not null check (status in ('running', 'done', 'interrupted', 'unreachable', 'failed')),
  origin text,
  program text not null,
  report text
);
create table captures (
  id integer primary key,
  run_id integer references runs(id),
  article_id integer not null,
  requested_url text not null,
  url text not null,
  section text,
  redirects text,
  fetched_at text not null,
  source text not null,
  origin text,
  http_status integer,
  headers text,
  outcome text not null
    check (outcome in ('ok', 'not_modified', 'gone', 'blocked', 'robots', 'off_site', 'failed')),
  etag text,
  last_modified text,
  payload_digest text references payloads(digest),
  elapsed_ms integer,
  attempts integer not null default 1,
  error text
);
create index captures_article on captures (article_id, fetched_at, payload_digest);
create index captures_run on captures (run_id);
create index captures_payload on captures (payload_digest);
create table payloads (
  digest text primary key,
  body blob not null,
  length integer not null,
  dictionary text references payloads(digest),
  kind text not null,
  stored_at text not null
);
create index payloads_whole on payloads (kind, stored_at) where dictionary is null;
create index payloads_dictionary on payloads (dictionary) where dictionary is not null;
create table listings (
  id integer primary key,
  run_id integer not null references runs(id),
  source text not null,
  url text not null,
  fetched_at text not null,
  http_status integer,
  articles integer not null,
  new integer not null,
  other integer not null,
  error text
);
create index listings_source on listings (source, run_id);
create table sightings (
  id integer primary key,
  run_id integer not null references runs(id),
  listing_id integer not null references listings(id),
  listing_url text not null,
  article_id integer not null,
  url text not null,
  position integer not null,
  title text
);
create index sightings_article on sightings (article_id);
create index sightings_listing on sightings (listing_id);
create table frontier (
  url text primary key,
  kind text not null check (kind in ('listing', 'new', 'recheck')),
  article_id integer unique,
  source text,
  page integer,
  walk_run integer,
  full integer not null default 0,
  added_at text not null,
  run_id integer,
  attempts integer not null default 0
);
"""

DERIVED = """
create table records (
  digest text primary key,
  record blob not null
);
create table readings (
  payload_digest text not null references payloads(digest),
  cleaner text not null,
  status text not null check (status in ('record', 'refused')),
  template text,
  record_digest text,
  reason text,
  detail text,
  primary key (payload_digest, cleaner)
) without rowid;
create table cleaners (
  cleaner text primary key,
  parts text not null
) without rowid;
create table versions (
  id text primary key,
  article_id integer not null,
  number integer not null,
  kind text not null check (kind in ('first', 'revert', 'text', 'metadata', 'stamp')),
  silent integer not null check (silent in (0, 1)),
  title text not null,
  subtitle text,
  body text not null,
  byline text,
  authors text not null,
  section text,
  posted_at text not null,
  modified_at text,
  original_url text,
  content_hash text not null,
  template text not null,
  first_seen_at text not null,
  last_seen_at text not null,
  unique (article_id, number)
);
create index versions_seen on versions (first_seen_at);
create table images (
  version_id text not null references versions(id) on delete cascade,
  position integer not null,
  src text,
  caption text,
  credit text,
  primary key (version_id, position)
) without rowid;
create table articles (
  id integer primary key,
  url text not null,
  title text not null,
  subtitle text,
  body text not null,
  byline text,
  authors text not null,
  section text,
  posted_at text not null,
  modified_at text,
  original_url text,
  status text not null check (status in ('live', 'missing')),
  versions integer not null,
  word_count integer not null,
  first_seen_at text not null,
  last_seen_at text not null,
  last_checked_at text not null
);
create index articles_posted on articles (posted_at);
create index articles_section on articles (section, posted_at);
"""

# Datasette knows a search index by its double-quoted content="…". The update trigger fires for changed words alone:
# an index rewritten on every check costs more than the check.
SEARCH = """
create virtual table articles_fts using fts5 (
  title, subtitle, body, byline,
  content="articles", content_rowid="id", tokenize='unicode61 remove_diacritics 2'
);
create trigger articles_ai after insert on articles begin
  insert into articles_fts (rowid, title, subtitle, body, byline)
  values (new.id, new.title, new.subtitle, new.body, new.byline);
end;
create trigger articles_ad after delete on articles begin
  insert into articles_fts (articles_fts, rowid, title, subtitle, body, byline)
  values ('delete', old.id, old.title, old.subtitle, old.body, old.byline);
end;
create trigger articles_au after update of title, subtitle, body, byline on articles
when old.title is not new.title or old.subtitle is not new.subtitle
  or old.body is not new.body or old.byline is not new.byline
begin
  insert into articles_fts (articles_fts, rowid, title, subtitle, body, byline)
  values ('delete', old.id, old.title, old.subtitle, old.body, old.byline);
  insert into articles_fts (rowid, title, subtitle, body, byline)
  values (new.id, new.title, new.subtitle, new.body, new.byline);
end;
"""

ARTICLES_INDEXES = """
create index articles_posted on articles (posted_at);
create index articles_section on articles (section, posted_at);
"""
STATUSES = ("live", "missing", "removed", "returned", "moved", "blocked")
HISTORY = """
create table changes (
  id integer primary key,
  version_id text not null references versions(id) on delete cascade,
  article_id integer not null,
  field text not null,
  kind text not null,
  before text,
  after text,
  place integer,
  words_added integer not null,
  words_removed integer not null,
  size real not null check (size between 0 and 1),
  added text,
  removed text,
  tied_to text
);
create index changes_version on changes (version_id);
create index changes_article on changes (article_id);
create index changes_kind on changes (kind, version_id);
create virtual table changes_fts using fts5 (
  removed, added, content="changes", content_rowid="id", tokenize='unicode61 remove_diacritics 2'
);
create trigger changes_ai after insert on changes begin
  insert into changes_fts (rowid, removed, added) values (new.id, new.removed, new.added);
end;
create trigger changes_ad after delete on changes begin
  insert into changes_fts (changes_fts, rowid, removed, added) values ('delete', old.id, old.removed, old.added);
end;
create table tombstones (
  article_id integer not null,
  number integer not null,
  status text not null check (status in ('missing', 'removed', 'moved', 'returned')),
  version_id text not null,
  last_seen_at text not null,
  suspected_at text not null,
  confirmed_at text,
  returned_at text,
  checks integer not null,
  moved_to text,
  evidence text not null,
  primary key (article_id, number)
) without rowid;
create index tombstones_status on tombstones (status, suspected_at);
create table statuses (
  article_id integer not null,
  since text not null,
  status text not null,
  primary key (article_id, since)
) without rowid;
create table verdicts (
  run_id integer primary key,
  began_at text not null,
  known_good integer not null,
  failing integer not null,
  lists integer not null,
  lists_failing integer not null,
  given_up integer not null,
  discounted integer not null check (discounted in (0, 1))
);
create index listings_url on listings (url, run_id);
create table duplicates (
  earlier_id integer not null,
  later_id integer not null,
  similarity real not null check (similarity between 0 and 1),
  contained real not null check (contained between 0 and 1),
  relation text not null,
  primary key (earlier_id, later_id)
) without rowid;
create index duplicates_later on duplicates (later_id);
create table derivation (
  name text primary key,
  value text not null
) without rowid;
"""

DERIVED_TABLES = (
    "records",
    "readings",
    "cleaners",
    "versions",
    "images",
    "articles",
    "changes",
    "tombstones",
    "statuses",
    "authors",
    "verdicts",
    "fills",
    "drifts",
    "beliefs",
)
"""What `hani rebuild` makes anew from the log, in an order in which references hold."""


def run_statements(db: Database, script: str) -> None:
    """Run a script's statements inside the open transaction (`executescript` would commit it first)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        closes_trigger = not statement.lstrip().startswith("create trigger") or line == "end;\n"
        if line.endswith(";\n") and closes_trigger:
            db.execute(statement)
            statement = ""


@migrations()
def the_log(db: Database) -> None:
    """What was asked and answered."""
    run_statements(db, LOG)


@migrations()
def the_derived_tables(db: Database) -> None:
    """What follows from the log."""
    run_statements(db, DERIVED)


@migrations()
def search(db: Database) -> None:
    """The full-text index over the articles as they stand."""
    run_statements(db, SEARCH)


@migrations()
def history(db: Database) -> None:
    """Kinds of changes, tombstones, near-duplicates; an article's status can say more."""
    found = db.execute("select sql from sqlite_master where name = 'articles'").fetchone()[0]
    for trigger in ("articles_ai", "articles_ad", "articles_au"):
        db.execute(f"drop trigger {trigger}")
    db.execute("alter table articles rename to articles_before")
    listed = ", ".join(f"'{status}'" for status in STATUSES)
    db.execute(found.replace("'live', 'missing'", listed))
    db.execute("insert into articles select * from articles_before")
    db.execute("drop table articles_before")
    run_statements(db, ARTICLES_INDEXES)
    db.execute("alter table versions add column first_digest text")
    db.execute("alter table versions add column last_digest text")
    db.execute("alter table versions add column size real")
    db.execute("create index versions_size on versions (size desc, first_seen_at desc, id) where number > 1")
    db.execute("alter table readings add column number integer")
    run_statements(db, SEARCH.partition(";\n")[2])
    run_statements(db, HISTORY)


OPERATIONS = """
create table runs_after (
  id integer primary key,
  command text not null,
  started_at text not null,
  finished_at text,
  status text not null
    check (status in ('running', 'done', 'interrupted', 'unreachable', 'failed', 'degraded', 'partly_failed')),
  origin text,
  program text not null,
  report text,
  job text
);
insert into runs_after select *, null from runs;
drop table runs;
alter table runs_after rename to runs;
create index runs_started on runs (started_at);
create table fills (
  run_id integer not null,
  template text not null,
  measure text not null,
  pages integer not null,
  filled integer not null,
  known integer not null,
  had integer not null,
  kept integer not null,
  gained integer not null,
  primary key (run_id, template, measure)
) without rowid;
create table drifts (
  run_id integer not null,
  template text not null,
  measure text not null,
  pages integer not null,
  found real not null check (found between 0 and 1),
  expected real not null check (expected between 0 and 1),
  since_run integer not null,
  since text not null,
  examples text not null,
  accepted integer not null check (accepted in (0, 1)),
  primary key (run_id, template, measure)
) without rowid;
create table beliefs (
  article_id integer primary key,
  template text not null,
  filled text not null,
  unsure text not null,
  words integer not null,
  core text not null,
  stamp text,
  cleaner text not null
);
"""


@migrations()
def operations(db: Database) -> None:
    """Runs may end degraded or partly failed and name their job; readings tell which fields they filled."""
    run_statements(db, OPERATIONS)
    from archive.readings import measures_of

    db.execute("alter table readings add column filled text")
    db.execute("alter table readings add column words integer")
    db.execute("alter table readings add column core text")
    db.execute("alter table readings add column stamp text")
    held = db.execute("select digest, record from records").fetchall()
    measured = {row[0]: measures_of(row[1]) for row in held}
    keys = db.execute("select payload_digest, cleaner, record_digest from readings where status = 'record'").fetchall()
    db.conn.executemany(
        "update readings set filled = ?, words = ?, core = ?, stamp = ? where payload_digest = ? and cleaner = ?",
        [(*measured[row[2]], row[0], row[1]) for row in keys],
    )


# `search_key` joins article and number in one integer, which a search index needs: 1095276 << 20 | 3.
READING = """
alter table versions add column search_key integer;
alter table articles add column silent_edits integer not null default 0;
alter table articles add column edited_at text;
update versions set search_key = article_id << 20 | number;
update articles set
  silent_edits = (select count(*) from versions v where v.article_id = articles.id and v.silent = 1),
  edited_at = (select max(first_seen_at) from versions v where v.article_id = articles.id and v.kind in ('text', 'revert'));
create unique index versions_search on versions (search_key);
create index versions_edits on versions (first_seen_at, id, size) where number > 1;
create index versions_section on versions (section, first_seen_at, id, size) where number > 1;
create index versions_silent on versions (first_seen_at, id, size) where silent = 1;
create index articles_edited on articles (edited_at) where edited_at is not null;
create index articles_status on articles (status, posted_at) where status <> 'live';
create index articles_facets on articles (id, section, posted_at, status, silent_edits, edited_at);
create index tombstones_confirmed on tombstones (confirmed_at);
create table authors (
  name text not null,
  article_id integer not null,
  posted_at text not null,
  edited integer not null check (edited in (0, 1)),
  silent integer not null check (silent in (0, 1)),
  primary key (name, posted_at, article_id)
) without rowid;
create index authors_article on authors (article_id);
insert or ignore into authors select j.value, a.id, a.posted_at, a.edited_at is not null, a.silent_edits > 0
  from articles a, json_each(a.authors) j;
create virtual table versions_fts using fts5 (
  title, subtitle, body, byline,
  content="versions", content_rowid="search_key", tokenize='unicode61 remove_diacritics 2'
);
insert into versions_fts (versions_fts) values ('rebuild');
create trigger versions_ai after insert on versions begin
  insert into versions_fts (rowid, title, subtitle, body, byline)
  values (new.search_key, new.title, new.subtitle, new.body, new.byline);
end;
create trigger versions_ad after delete on versions begin
  insert into versions_fts (versions_fts, rowid, title, subtitle, body, byline)
  values ('delete', old.search_key, old.title, old.subtitle, old.body, old.byline);
end;
create trigger versions_au after update of title, subtitle, body, byline, search_key on versions
when old.title is not new.title or old.subtitle is not new.subtitle or old.search_key is not new.search_key
  or old.body is not new.body or old.byline is not new.byline
begin
  insert into versions_fts (versions_fts, rowid, title, subtitle, body, byline)
  values ('delete', old.search_key, old.title, old.subtitle, old.body, old.byline);
  insert into versions_fts (rowid, title, subtitle, body, byline)
  values (new.search_key, new.title, new.subtitle, new.body, new.byline);
end;
"""


@migrations()
def reading(db: Database) -> None:
    """What readers ask for: a search over every version, authors, and which articles were edited."""
    run_statements(db, READING)


@dataclass(frozen=True, slots=True)
class SchemaItem:
    """A table, index or trigger as a new archive has it."""

    type: str
    name: str
    table: str
    sql: str


KEPT_TABLES = ("duplicates", "derivation")
"""Derived as well, but not from the log alone: a rebuild leaves what they hold, and makes them where they are missing."""


@cache
def _schema() -> tuple[SchemaItem, ...]:
    db = Database(memory=True)
    migrations.apply(db)
    rows = db.execute("select type, name, tbl_name, sql from sqlite_master where sql is not null order by rowid")
    return tuple(SchemaItem(*row) for row in rows.fetchall())


def derived_schema() -> tuple[SchemaItem, ...]:
    """What belongs to the derived tables in a new archive, in the order in which it is made."""
    indexes = {f"{table}_fts" for table in DERIVED_TABLES}
    return tuple(item for item in _schema() if item.table in DERIVED_TABLES or item.name in indexes)


def kept_schema() -> tuple[SchemaItem, ...]:
    """What belongs to KEPT_TABLES in a new archive."""
    return tuple(item for item in _schema() if item.table in KEPT_TABLES)
