"""The spiders: requests in, captures out."""
