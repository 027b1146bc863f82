"""Work in processes that outlive the server, one job at a time on each device. Knows nothing of what a job does."""
