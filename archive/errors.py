"""The archive's errors; each message is one sentence a person can act on."""


class ArchiveError(Exception):
    """Base of all that the archive refuses."""


class NotAnArchive(ArchiveError):
    """The file is no SQLite database, or no archive of ours."""


class UnusableArchive(ArchiveError):
    """The archive's file cannot be read or written, or its bytes are damaged: a matter of storage, not of the command."""


class NewerArchive(ArchiveError):
    """The database was made by a newer version of this program."""


class NoArchive(ArchiveError):
    """There is no database at that path."""


class ArchiveLocked(ArchiveError):
    """Another crawl of the same archive is under way."""


class UnknownArticle(ArchiveError):
    """No article with that number is in the archive."""


class UnknownVersion(ArchiveError):
    """The article has no such version."""


class BadQuery(ArchiveError):
    """A search holds no word to search for."""
