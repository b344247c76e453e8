"""How data is computed: pure Spark, DataFrame in, DataFrame out. No session, path, clock, Dagster or MLflow inside."""
