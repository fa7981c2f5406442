"""Series: what a phase does that is made of several runs, and what these say together."""
