"""What every part of the synthetic world draws on: draws, grammar, names, senders, the world itself."""
