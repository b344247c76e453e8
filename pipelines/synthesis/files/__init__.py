"""Files of the synthetic world, as senders write them."""
