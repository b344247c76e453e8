"""Text before it is classified: normalisation, vocabulary, near-duplicates."""
