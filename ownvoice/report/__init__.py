"""Everything that a person reads of a run: the entry, the logbook, the picture, tables."""
