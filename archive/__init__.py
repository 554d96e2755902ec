"""What lasts: the records, the schema, what a version is, storing, reading and searching.

Knows no network, no Scrapy and no page.
"""
