"""The built frontend as templates see it, and the texts that its scripts put on a page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from throughline.web.island_texts import ISLAND_TEXTS
from throughline.web.templatetags import assets

FRONTEND = Path(__file__).parents[2] / "frontend"
MANIFEST = {
    "app": {"file": "app-1.js", "isEntry": True, "css": ["app-1.css"], "imports": ["_dom.js"]},
    "theme": {"file": "theme-1.js", "isEntry": True},
    "_dom.js": {"file": "dom-1.js", "imports": ["_deep.js"]},
    "_deep.js": {"file": "deep-1.js", "css": ["deep-1.css"], "imports": ["_dom.js"]},
}
for name, chunk in MANIFEST.items():
    chunk["name"] = name


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built frontend of two entries; chunks may import each other in a circle."""
    monkeypatch.setattr(assets, "BUILT", tmp_path)
    monkeypatch.setattr(assets, "_manifest", assets._read)
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST), "utf-8")
    return tmp_path


@pytest.mark.usefixtures("built")
def test_an_entry_brings_its_styles_what_it_imports_and_itself() -> None:
    """Styles first, each file once."""
    found = re.findall(r"built/([\w.-]+)", assets.asset("app"))
    assert found == ["app-1.css", "deep-1.css", "dom-1.js", "deep-1.js", "app-1.js"]


@pytest.mark.usefixtures("built")
def test_only_the_theme_stops_the_page_until_it_has_run() -> None:
    """A module would run after the first paint."""
    assert 'type="module"' in assets.asset("app")
    assert assets.asset("theme") == '<script src="/static/built/theme-1.js"></script>'


@pytest.mark.usefixtures("built")
def test_an_unknown_entry_names_those_that_there_are() -> None:
    """A typing error in a template is seen at once."""
    with pytest.raises(assets.MissingAssetError, match=r'no entry "bord". It has app, theme\.'):
        assets.asset("bord")


def test_a_frontend_that_was_not_built_says_how_to_build_it(built: Path) -> None:
    """The message ends in what to do."""
    (built / "manifest.json").unlink()
    with pytest.raises(assets.MissingAssetError, match=r"Run `python hatch_build\.py`"):
        assets.asset("app")


def test_every_text_of_the_scripts_can_be_translated_and_none_is_left_over() -> None:
    """The list for gettext is what the scripts say."""
    scripts = (path.read_text("utf-8") for path in sorted(FRONTEND.glob("src/**/*.ts")))
    said = {
        text.replace("\\n", "\n")
        for script in scripts
        for text in re.findall(r'\bt\(\s*"((?:[^"\\]|\\.)*)"', script)
    }
    assert said == set(ISLAND_TEXTS)


def test_the_lock_file_names_no_registry() -> None:
    """Packages are named by version and hash, so that any registry serves them."""
    lock = json.loads((FRONTEND / "package-lock.json").read_text("utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_versions_of_the_frontend_are_exact() -> None:
    """Two builds of one commit are made of the same packages."""
    package = json.loads((FRONTEND / "package.json").read_text("utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"], **package["overrides"]}
    assert not [name for name, version in versions.items() if not re.fullmatch(r"[\d.]+", version)]
