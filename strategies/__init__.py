"""Memory strategies: cache layouts and GC policies. Standard library only."""
