"""A run's entry, part by part, in a writer's words."""
