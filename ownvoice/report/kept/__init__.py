"""Runs and series as they are kept on disk: numbered folders, never overwritten, in step with the log."""
