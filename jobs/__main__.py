"""`python -m jobs` is `hani`."""

from jobs.cli import main

if __name__ == "__main__":
    main()
