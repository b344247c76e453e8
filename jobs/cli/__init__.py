"""The command line `nightjar`."""
