"""What the commands show of stored runs."""
