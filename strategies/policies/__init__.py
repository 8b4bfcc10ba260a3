"""The GC policies, one file each, named like the policy."""
