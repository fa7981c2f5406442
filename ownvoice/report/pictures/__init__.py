"""Drawings as SVG, by matplotlib."""
