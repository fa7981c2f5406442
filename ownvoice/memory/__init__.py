"""Memory, disk and time: what this machine has, and what a training will take of it."""
