"""A series' entry, part by part, in a writer's words."""
