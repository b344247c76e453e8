"""Delta's log and files, read without Spark."""
