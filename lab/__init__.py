"""gclab: the GC-latency experiment lab.

Standard library only in this file: the measured process imports the package too.
"""

__version__ = "0.1.0"
