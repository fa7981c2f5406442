"""Loads, trains, asks, measures and saves models. All that needs torch is here; only the worker process imports it."""
