"""The docs keep their promises: terms have a place in the code, decisions their three parts."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from throughline import __version__

PACKAGE = Path("src") / "throughline"
DECISION_PARTS = ["## Situation", "## Choice", "## What we gave up"]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
CODE_PLACE = re.compile(r"^`([a-z_/]+\.py)`(?: `(\w+)`)?$")


def joined(*parts: str) -> str:
    """A word put together, so that this file does not contain what it looks for."""
    return "".join(parts)


# Hosts and folders are those of whoever happens to build, and mean nothing to anybody else.
PLACES = re.compile(
    "|".join(
        [
            joined("py", r"pi\.org"),
            joined("python", r"hosted\.org"),
            joined("npm", r"js\.(?:org|com)"),
            joined("regis", "try", r"\.yarnpkg"),
            joined(r"deb\.", r"debian\.org"),
            joined(r"(?<![\w.~-])/", r"work/(?:main|shared)"),
            joined(r"(?<![\w.~-])/", r"root(?:/|\b)"),
            joined(r"(?<![\w.~-])/", r"home/\w+"),
            joined(r"(?<![\w.~-])/", r"Users/\w+"),
            joined(r"(?<![\w.~-])/", r"tmp/\w+"),
        ]
    )
)
# The project speaks of plants, not of how it was written, and leaves nothing for later.
UNFINISHED = re.compile(
    "|".join(joined(r"\b", a, b, r"\b") for a, b in (("TO", "DO"), ("FIX", "ME"), ("X", "XX")))
)
MAKING = re.compile(
    r"\b(?:"
    + "|".join(
        [
            joined("chat", "gpt"),
            joined("clau", "de"),
            joined("open", "ai"),
            joined("anthro", "pic"),
            joined("co", "pilot"),
            joined("L", "LMs?"),
            joined("language ", "model"),
            joined("AI", "[- ](?:assistant|generated|written|agent)"),
            joined("as an ", "AI"),
            joined("coding ", "agent"),
            joined("sub", "-?agent"),
            joined("this ses", "sion"),
            joined("step ", "1 of"),
        ]
    )
    + r")\b",
    re.IGNORECASE,
)
BINARY = {".png", ".ico", ".woff2", ".woff", ".jpg", ".gz", ".xlsx", ".pdf", ".zip"}


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[Path]:
    """Every text file that is part of the project; outside git, every file that would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout: what is committed cannot be told")
    files = (repository / name for name in listed.stdout.split("\0") if name)
    return [file for file in files if file.is_file() and file.suffix not in BINARY]


def lines_with(pattern: re.Pattern[str], files: list[Path], root: Path) -> list[str]:
    found = []
    for file in files:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        hits = [n for n, line in enumerate(lines, start=1) if pattern.search(line)]
        found.extend(f"{file.relative_to(root)}:{n}: {lines[n - 1].strip()[:120]}" for n in hits)
    return found


def test_no_file_names_a_package_host_or_a_folder_of_one_machine(
    tracked: list[Path], repository: Path
) -> None:
    assert lines_with(PLACES, tracked, repository) == []


def test_nothing_is_left_for_later_in_a_comment(tracked: list[Path], repository: Path) -> None:
    assert lines_with(UNFINISHED, tracked, repository) == []


def test_the_project_speaks_of_itself_alone(tracked: list[Path], repository: Path) -> None:
    assert lines_with(MAKING, tracked, repository) == []


def glossary_rows(repository: Path) -> list[list[str]]:
    """Rows of the glossary's tables: term, meaning, place in the code, source."""
    lines = (repository / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    rows = [
        [c.strip() for c in line.strip("|").split("|")] for line in lines if line.startswith("|")
    ]
    return [row for row in rows if row[0] != "Term" and not row[0].startswith("---")]


def test_every_term_has_a_meaning_a_source_and_one_row(repository: Path) -> None:
    rows = glossary_rows(repository)
    assert all(len(row) == 4 and all(row) for row in rows)
    terms = [row[0] for row in rows]
    assert len(terms) == len(set(terms))


def test_every_term_is_where_the_glossary_says_it_is(repository: Path) -> None:
    lost = []
    for term, _, place, _ in glossary_rows(repository):
        match = CODE_PLACE.match(place)
        assert match, f"{term}: write the place as `folder/file.py` `Name`"
        file, name = repository / PACKAGE / match[1], match[2]
        code = file.read_text(encoding="utf-8") if file.exists() else ""
        if not code or (name and f"class {name}" not in code and f"def {name}" not in code):
            lost.append(f"{term}: {place}")
    assert lost == []


def decisions(repository: Path) -> list[Path]:
    return sorted((repository / "docs" / "decisions").glob("*.md"))


def test_every_decision_says_situation_choice_and_what_we_gave_up(repository: Path) -> None:
    assert decisions(repository)
    for file in decisions(repository):
        headings = [line for line in file.read_text("utf-8").splitlines() if line.startswith("## ")]
        assert headings == DECISION_PARTS, file.name


def test_decisions_are_numbered_without_gaps(repository: Path) -> None:
    files = decisions(repository)
    for number, file in enumerate(files, start=1):
        assert file.name.startswith(f"{number:04}-")
        assert file.read_text("utf-8").startswith(f"# {number}. ")


def test_every_link_between_pages_leads_somewhere(tracked: list[Path], repository: Path) -> None:
    broken = [
        f"{page.relative_to(repository)}: {target}"
        for page in tracked
        if page.suffix == ".md"
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_chore_that_a_page_names_is_in_the_makefile(
    tracked: list[Path], repository: Path
) -> None:
    chores = set(
        re.findall(r"^([a-z]+):", (repository / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    named = {
        chore
        for page in tracked
        if page.suffix == ".md"
        for chore in re.findall(r"(?:`|^ {4})make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert named
    assert named <= chores


def test_every_command_that_the_readme_shows_exists(repository: Path) -> None:
    shown = re.findall(
        r"^ {4}throughline ([a-z]+)", (repository / "README.md").read_text(), re.MULTILINE
    )
    page = (repository / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert shown
    assert [command for command in shown if f"\n## throughline {command}\n" not in page] == []


def test_the_changelog_speaks_of_this_version(repository: Path) -> None:
    assert f"\n## {__version__}" in (repository / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_dependency_has_its_row_in_the_decision_about_them(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (repository / "docs" / "decisions" / "0003-dependencies.md").read_text(encoding="utf-8")
    extras = project.get("optional-dependencies", {}).values()
    wanted = [*project["dependencies"], *(item for extra in extras for item in extra)]
    names = [re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in wanted]
    rows = [name for name in names if f"| {name} " in page or f"`{name}`" in page]
    assert rows == names


def test_every_package_is_pinned_and_no_index_is_named(repository: Path) -> None:
    lines = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    unpinned = [line for line in pins if not re.match(r"^[a-z0-9._-]+==\S+( ; .+)?$", line)]
    assert unpinned == []
