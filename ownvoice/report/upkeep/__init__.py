"""What may go, and goes together."""
