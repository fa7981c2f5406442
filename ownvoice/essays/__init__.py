"""Reads, checks and chooses the writer's essays and prompts."""
