"""The images of the documentation: of which run each is, and whether it still is.

An image is not compared byte by byte: another matplotlib or FreeType draws other pixels of the same
figures. What is compared is ``docs/images/README.md``, which holds for every image the digest of
the file that was drawn and the digest of the run that it was drawn from. So an image that was
edited, forgotten, or left behind by a newer run is found on every machine, and a change of the
charts' own code is not: there the image tests of the charts stand guard.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from lab.documentation.checkout import FINDINGS, SPIKES, Checkout
from lab.documentation.tables import markdown_table

FOLDER = Path("docs/images")
LIST = FOLDER / "README.md"
MISSING = "missing"
_READ_BY_CHARTS = (
    "trial.json",
    "response.hlog",
    "service.hlog",
    "gc.csv",
    "noise.csv",
    "resources.csv",
)


@dataclass(frozen=True)
class Picture:
    """A chart of a reference run; its file is named like the chart."""

    chart: str
    run: str

    @property
    def file(self) -> Path:
        """Where it is, from the root of the checkout."""
        return FOLDER / f"{self.chart}.png"


PICTURES = (
    Picture("timeline", SPIKES),
    Picture("percentiles", SPIKES),
    Picture("causes", SPIKES),
    Picture("before-after", SPIKES),
    Picture("tradeoff", SPIKES),
    Picture("mmu", SPIKES),
    Picture("period", FINDINGS),
    Picture("decay", FINDINGS),
    Picture("heap", FINDINGS),
)
"""Which image comes from which run: the one table."""
NOT_DRAWN = {
    "compromise": "no stored run varies the size of the cache where a miss has to wait",
    "heatmap": "no stored run varies both the size of the cache and the rate of updates",
}
"""Charts without an image, and why."""
_HEAD = """# Images

This page and the images beside it are written by `gclab docs`: each is a chart of a stored run,
as `gclab plot RUN --chart NAME` draws it. The digests (BLAKE2b, 8 bytes) tell
`gclab docs --check` that the image is the one that was drawn, and of the run as it is now.

"""


def draw(checkout: Checkout) -> dict[Path, bytes]:
    """Draw every image; return the files by their paths from the root of the checkout.

    Raises
    ------
    UsageError
        An unknown run, or a chart that it has no data for.
    """
    # imported here: matplotlib takes half a second, which a check need not wait for
    from lab.report.charts import RunView, chosen, save  # noqa: PLC0415
    from lab.report.view import run_view  # noqa: PLC0415

    views: dict[str, RunView] = {}
    drawn = {}
    with tempfile.TemporaryDirectory() as folder:
        for picture in PICTURES:
            if picture.run not in views:
                views[picture.run] = run_view(checkout.run(picture.run).stored)
            view = views[picture.run]
            (path,) = save(chosen(view, [picture.chart]), view, Path(folder), ["png"])
            drawn[picture.file] = path.read_bytes()
    return drawn


def stored(checkout: Checkout) -> dict[Path, bytes]:
    """Return the images as they are; those that are missing are left out."""
    paths = {picture.file: checkout.root / picture.file for picture in PICTURES}
    return {name: path.read_bytes() for name, path in paths.items() if path.exists()}


def picture_list(checkout: Checkout, images: Mapping[Path, bytes]) -> str:
    """Return the page that lists the images.

    Raises
    ------
    UsageError
        An unknown run.
    """
    rows = [
        [
            f"[{picture.file.name}]({picture.file.name})",
            f"`{picture.run}`",
            _file_digest(images.get(picture.file)),
            _run_digest(checkout, picture.run),
        ]
        for picture in PICTURES
    ]
    columns = ("image", "run", "digest of the image", "digest of the run")
    lines = [f"- No image of `{chart}`: {reason}." for chart, reason in NOT_DRAWN.items()]
    return "\n".join([_HEAD + markdown_table(columns, rows), "", *lines, ""])


def _file_digest(content: bytes | None) -> str:
    return MISSING if content is None else blake2b(content, digest_size=8).hexdigest()


def _run_digest(checkout: Checkout, run: str) -> str:
    """Sum up the files of a run that charts are drawn from; what is left out of a clone is not."""
    digest = blake2b(digest_size=8)
    for trial in checkout.run(run).stored.trials:
        for name in _READ_BY_CHARTS:
            path = trial.folder / name
            if path.exists():
                digest.update(f"{trial.folder.name}/{name}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
