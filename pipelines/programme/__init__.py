"""The programme's own figures: what it costs and gives, what it did, and what of it may be published."""
