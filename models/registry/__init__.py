"""The one door to MLflow: manifests, registration, promotion."""

import os

# Before MLflow is imported, which any module of this package does: nothing is sent out, nothing is drawn.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
