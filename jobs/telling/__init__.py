"""Who is told of a run, and how: messages, the process that sends them, the secrets that it needs."""
