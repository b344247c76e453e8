"""What every run works with: settings, session, lakehouse, lock, log, alerts."""
