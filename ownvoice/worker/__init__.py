"""The line to the worker process, the one that holds torch: what is asked, and who asks."""
