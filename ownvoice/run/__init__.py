"""One run: its plan, its cache keys, what it has reached, its worker. Knows nothing of Prefect."""
