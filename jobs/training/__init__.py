"""Training of classifiers, linkage and BERT on a lakehouse."""
