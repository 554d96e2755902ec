"""What is asked of an archive: plain SQL over connections that only read."""
