"""Seized devices: reading exports, searching them, and finding accounts and wallets in them."""
