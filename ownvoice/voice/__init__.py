"""Measures of voice: whether a text sounds like an author. Importable without torch."""
