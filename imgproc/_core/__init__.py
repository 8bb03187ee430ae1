"""What everything stands on: kernels, threads, checks, borders, dtypes."""
