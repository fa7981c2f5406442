"""Hostile input: every reader given what nobody would write."""
