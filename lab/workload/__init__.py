"""Which operations on which keys, and when: made outside the measured process, from one seed."""
