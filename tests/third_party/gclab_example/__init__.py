"""Adds a layout, a policy and a trace format to gclab, by entry points."""
