"""Says what the interpreter that runs it is: run by path, in any Python of the last twenty years.

Nothing of this lab is imported, and nothing that an old interpreter could not read is written here.
"""

import gc
import json
import platform
import sys

if __name__ == "__main__":
    GIL = getattr(sys, "_is_gil_enabled", None)
    PYPY = getattr(sys, "pypy_version_info", None)
    THRESHOLDS = getattr(gc, "get_threshold", None)
    FOUND = {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "numbers": list(sys.version_info[:3]),
        "release": ".".join([str(part) for part in PYPY[:3]]) if PYPY else "",
        "gil": GIL() if GIL else True,
        "thresholds": list(THRESHOLDS()) if THRESHOLDS else [],
    }
    sys.stdout.write("\n" + json.dumps(FOUND) + "\n")
