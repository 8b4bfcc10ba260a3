"""The compiled workers: where their sources are, how they are built, and where they are kept.

A program lies in the cache under a hash of its sources, so that it is compiled once and never
taken for one of other sources. It is built in a folder of its own and moved to its place whole:
builds at the same time do not meet.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from strategies.errors import UsageError, unknown

_NOT_SOURCES = ("Cargo.lock", "go.sum", "target")
"""What the toolchains leave beside the sources, where somebody builds there by hand."""
_LINE_MAX = 300


@dataclass(frozen=True)
class Program:
    """A worker in another language.

    Attributes
    ----------
    name : str
        Its folder beside this file, and what ``gclab build`` calls it.
    language, install : str
        For people: what it is written in, and where the toolchain is to be had.
    tool : str
        The command that compiles it.
    version_command, arguments : tuple of str
        What names the compiler, and what ``tool`` is called with, in a copy of the sources.
    output : str
        Where that leaves the executable, seen from the copy.
    environment : tuple of (str, str)
        Variables for the build.
    """

    name: str
    language: str
    install: str
    tool: str
    version_command: tuple[str, ...]
    arguments: tuple[str, ...]
    output: str
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def sources(self) -> Path:
        """The folder of the sources."""
        return Path(__file__).parent / self.name

    def digest(self) -> str:
        """Return a hash of names and contents of all source files."""
        digest = hashlib.blake2b(digest_size=8)
        for path in sorted(self.sources.rglob("*")):
            inside = path.relative_to(self.sources)
            hidden = any(part.startswith(".") for part in inside.parts)
            if path.is_file() and not hidden and not set(inside.parts) & set(_NOT_SOURCES):
                digest.update(f"{inside.as_posix()}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()

    @property
    def path(self) -> Path:
        """Where the executable is, or will be, for the sources as they are now."""
        return cache_folder() / f"{self.name}-{self.digest()}" / "worker"

    @property
    def built(self) -> bool:
        """Whether the executable is there."""
        return os.access(self.path, os.X_OK)

    @property
    def has_toolchain(self) -> bool:
        """Whether it could be compiled here."""
        return shutil.which(self.tool) is not None

    def missing(self) -> str | None:
        """Say what is missing and the command that gets it; None: it can be started."""
        if self.built:
            return None
        first = "" if self.has_toolchain else f"install {self.language} ({self.install}), then "
        return f"needs its program: {first}gclab build {self.name}"

    def compiler(self) -> str:
        """Return the compiler's own words for its version; "" where it has none."""
        try:
            done = subprocess.run(
                self.version_command, capture_output=True, text=True, check=False, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip()

    def build(self) -> Path:
        """Compile it anew and return where it is.

        Raises
        ------
        UsageError
            No toolchain, no place to build in, or sources that do not compile; one line, with
            the place of the compiler's whole output.
        """
        if not self.has_toolchain:
            raise UsageError(f"{self.name}: no {self.tool} here: {self.install} has it")
        path = self.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache_folder(), prefix=".build-") as folder:
                self._compile(Path(folder) / self.name, path)
        except OSError as error:
            raise UsageError(
                f"{self.name}: cannot be built in {cache_folder()}: {error.strerror or error}; "
                "GCLAB_CACHE names another folder"
            ) from None
        return path

    def _compile(self, copy: Path, path: Path) -> None:
        shutil.copytree(self.sources, copy, ignore=shutil.ignore_patterns(".*", *_NOT_SOURCES))
        done = subprocess.run(
            [self.tool, *self.arguments],
            cwd=copy,
            env={**os.environ, **dict(self.environment)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output = copy / self.output
        if done.returncode or not output.is_file():
            part, log = copy / "build.log", path.with_name("build.log")
            part.write_bytes(done.stdout)
            part.replace(log)
            said = _complaint(done.stdout.decode(errors="replace"))
            raise UsageError(f"{self.name}: the build failed: {said}; all of it is in {log}")
        output.replace(path)


def _complaint(output: str) -> str:
    """Return the line of a compiler's output that says most: the first error, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip(" #")]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines[-1:] or ["it said nothing"])[0][:_LINE_MAX]


def cache_folder() -> Path:
    """Return where programs are kept: ``GCLAB_CACHE``, else the user's cache folder."""
    if own := os.environ.get("GCLAB_CACHE"):
        return Path(own).absolute() / "native"
    users = os.environ.get("XDG_CACHE_HOME")
    return (Path(users) if users else Path.home() / ".cache") / "gclab" / "native"


PROGRAMS = {
    program.name: program
    for program in (
        Program(
            name="go",
            language="Go",
            install="https://go.dev/dl",
            tool="go",
            version_command=("go", "version"),
            arguments=("build", "-trimpath", "-buildvcs=false", "-o", "worker", "."),
            output="worker",
            environment=(("GOTOOLCHAIN", "local"),),  # the one that is there, and no other
        ),
        Program(
            name="rust",
            language="Rust",
            install="https://rustup.rs",
            tool="cargo",
            version_command=("rustc", "--version"),
            arguments=("build", "--release", "--target-dir", "target"),
            output="target/release/worker",
        ),
    )
}


def program_named(name: str) -> Program:
    """Return a program.

    Raises
    ------
    UsageError
        There is none of that name; the nearest is named.
    """
    if name not in PROGRAMS:
        raise unknown("program", name, PROGRAMS)
    return PROGRAMS[name]
