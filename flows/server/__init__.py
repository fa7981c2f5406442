"""The Prefect server that a command talks to: found, started, and rid of dead runs."""
