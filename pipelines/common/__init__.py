"""What every domain needs: as-of reads, concurrency, telephones and devices, provenance, checks of contracts."""
