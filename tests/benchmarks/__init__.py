"""What the archive costs, as ratios taken in one run: `python -m tests.benchmarks [NAME ...]`.

A benchmark, never a test: it prints what it found beside the goal and always ends well. Both sides of a ratio are taken
by turns and in the same run, so that a busy machine slows both.
"""
