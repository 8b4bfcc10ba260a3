"""All that runs inside the measured process.

Standard library only (a layout may import the package that it wraps), Python 3.11 and later.
"""
