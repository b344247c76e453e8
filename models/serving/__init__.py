"""A registered model at work: loading, scoring, reasons."""
