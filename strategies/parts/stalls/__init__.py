"""Stalls caused on purpose, one class for each cause: what an instrument does when its time comes.

`kinds` names them all and builds them.
"""
