"""The logbook: entries between their marker lines, and what a person wrote beside them."""
