"""What runs, in what order; the deployments; the command line."""
