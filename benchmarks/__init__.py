"""Figures that the lab promises, measured: not tests, since the machine decides them too."""
