"""Flights: passengers matched with subjects, co-travel, silent phones, and the queue made of them."""
