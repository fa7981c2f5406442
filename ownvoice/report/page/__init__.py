"""The report: one HTML page to look at."""
