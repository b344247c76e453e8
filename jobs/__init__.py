"""When, where and with what: Dagster definitions, lakehouse I/O, the Spark session, settings, the command line."""
