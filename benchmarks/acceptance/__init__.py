"""Checks of every figure that the lab promises of itself."""
