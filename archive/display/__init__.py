"""How what was read is put: as HTML, charts, feeds and citations; pure functions of records."""
