"""How commands speak to people: spans, colours, pages, Markdown, bars."""
