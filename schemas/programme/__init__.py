"""What the programme reports and answers for: tables, and the figures that were published about it."""
