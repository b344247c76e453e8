"""Finding and validating accounts, wallets and identities in text."""
