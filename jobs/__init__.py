"""What runs when: the command line, the nightly run, a rerun of single addresses, the schedule, the demo."""
