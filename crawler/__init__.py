"""Turns addresses into captures, and captures into articles.

Fetching (Scrapy) and understanding a page (pure functions of bytes) are apart; `recording` is the door to the archive.
"""
