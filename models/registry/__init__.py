"""The one door to MLflow: manifests, registration, promotion."""
