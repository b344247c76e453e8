"""Fine-tuned BERT: tokenisation, pretraining, training loop, classifier."""
