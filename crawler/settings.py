"""Scrapy's settings: polite by default, nothing open to the outside.

What Scrapy's own middlewares do for redirects, retries, robots.txt and delays is done in `crawler.fetching`: they keep
neither a Crawl-delay nor a Retry-After, allow everything where robots.txt fails, and follow redirects off the site.
"""

BOT_NAME = "hani"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"

REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
COOKIES_ENABLED = False
REFERER_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True

ROBOTSTXT_OBEY = True  # by crawler.robots, for every request
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 0  # crawler.politeness keeps one pace over both hosts
RETRY_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # bytes, of the body as sent and as decompressed; real pages have 50 to 200 kB
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = True

DOWNLOAD_HANDLERS = {
    "http": "crawler.origin.SiteDownloadHandler",
    "https": "crawler.origin.SiteDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
# No HttpProxyMiddleware: http_proxy and its like would send every request to a third host. `--origin` names one openly.
# The whole lists, not exceptions from Scrapy's own: it imports all that it names there, also what is switched off,
# and that is a quarter of a second of every `hani recrawl`.
DOWNLOADER_MIDDLEWARES_BASE = {
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "crawler.decoding.WholeBodies": 590,
}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE = {"scrapy.extensions.corestats.CoreStats": 0}
ITEM_PIPELINES = {"crawler.pipelines.ArchivePipeline": 100}
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
