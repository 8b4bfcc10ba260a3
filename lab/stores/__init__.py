"""The database behind the cache. Standard library only: it runs inside the measured process."""
