"""Where the runs of a series run: here, on a Dask cluster, or on Prefect workers."""
