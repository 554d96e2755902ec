"""The crawler's errors; each message is one sentence a person can act on."""


class CrawlerError(Exception):
    """Base of all that the crawler refuses."""


class NotAnArticleAddress(CrawlerError):
    """The address names no article of the English edition."""


class BadConfig(CrawlerError):
    """The configuration cannot be used as it is."""


class NotAPage(CrawlerError):
    """The file is neither HTML nor text."""


class SiteUnreachable(CrawlerError):
    """No host of the site answered."""
