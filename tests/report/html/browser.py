"""Opens a page in a headless Chromium, lets a script act on it, and returns what came of it."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no chromium on PATH (Debian: apt-get install chromium)"
)
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_WATCH = (
    "<script>window.faults=[];"
    "addEventListener('error',(event)=>faults.push(event.message));"
    "addEventListener('unhandledrejection',(event)=>faults.push(String(event.reason)));"
    "{const told=console.error;console.error=(...all)=>{faults.push(all.join(' '));told(...all);};}"
    "</script>"
)


@dataclass(frozen=True)
class Opened:
    """A page after it was loaded.

    Attributes
    ----------
    dom : str
        The document as it is then.
    console : list of str
        What the browser said on the console, its own complaints included.
    """

    dom: str
    console: list[str]


def opened(page: Path, width: int = 1_280, *options: str) -> Opened:
    """Load a page as it is."""
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            f"--user-data-dir={page.parent / f'profile-{os.getpid()}'}",
            "--enable-logging=stderr",
            f"--window-size={width},1200",
            "--virtual-time-budget=4000",
            *options,
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return Opened(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])


def acted(text: str, folder: Path, script: str, width: int = 1_280, *options: str) -> Any:
    """Load a page, run a script in it, and return the script's result.

    The page's policy, which forbids every script but its own, is taken out of the copy. Faults of
    the page, or of the script, fail the test.
    """
    hook = (
        "<script>(async()=>{let result=null;"
        f"try{{result=await (async()=>{{{script}}})();}}catch(fault){{faults.push(String(fault));}}"
        "const told=document.createElement('pre');told.id='outcome';"
        "told.textContent=JSON.stringify({faults,result});document.body.append(told);})()</script>"
    )
    changed, policies = _POLICY.subn("", text)
    assert policies == 1
    page = folder / "acted.html"
    page.write_text(
        changed.replace("<head>", f"<head>{_WATCH}").replace("</body>", f"{hook}</body>"),
        encoding="utf-8",
    )
    dom = opened(page, width, *options).dom
    found = re.search(r'<pre id="outcome">(.*?)</pre>', dom, re.DOTALL)
    assert found, "the script did not come to its end"
    outcome = json.loads(html.unescape(found[1]))
    assert outcome["faults"] == []
    return outcome["result"]
