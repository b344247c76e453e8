"""Health of a home: what `nightjar doctor` examines, Delta's log without Spark, and the way back to a whole table."""
