"""Pure functions on stored results."""
