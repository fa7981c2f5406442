"""Models: which are known, how large they are, and how one comes onto this disk."""
