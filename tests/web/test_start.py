"""What a server brings in before it answers: nothing that only a later question needs."""

from __future__ import annotations

import subprocess
import sys

SLOW = ("scipy.optimize", "scipy.stats", "numba", "xlsxwriter", "python_calamine")
IMPORT = f"""
import sys
from throughline.store.database import configure
configure("sqlite:///never-opened.db")
import throughline.web.urls
print(*(name for name in {SLOW} if name in sys.modules))
"""


def test_pages_and_api_are_there_without_the_slow_libraries(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
