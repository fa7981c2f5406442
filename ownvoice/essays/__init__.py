"""The writer's essays, and what they are asked about: read, checked, chosen."""
