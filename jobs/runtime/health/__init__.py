"""Health of a home: what `nightjar doctor` examines and the way back to a whole table."""
