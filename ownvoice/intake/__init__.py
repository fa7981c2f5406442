"""Turns a folder of a writer's texts into pair files: reads them in any format, cleans them, proposes them as pairs."""
