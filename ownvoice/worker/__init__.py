"""The line to the worker process, the one that holds torch: the messages, and the client that sends them."""
