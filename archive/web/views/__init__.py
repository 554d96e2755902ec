"""The pages: each one function of a read-only connection and what was asked."""
