"""The flow and its deployments, what a run needs of the machine, the command line and the server."""
