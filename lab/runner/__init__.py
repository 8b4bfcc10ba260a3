"""Everything around the measured process: spawn, feed, drain, verify, meter."""
