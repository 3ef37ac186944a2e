"""The bounds of the reading process, and what is said where a system has none."""

from __future__ import annotations

from throughline.connect.door import bounds
from throughline.connect.door.limits import MIB, Limits


def test_a_system_without_bounds_says_so_and_still_reads(monkeypatch):
    assert bounds.notes() == []
    monkeypatch.setattr(bounds, "resource", None)
    assert bounds.notes() == [
        "this system bounds neither memory nor processor time of the reading process"
    ]
    bounds.enter()
    with bounds.for_one_file(1.0, 1):
        assert bounds.peak_bytes() >= 0


def test_a_larger_file_gets_more_time_in_proportion():
    limits = Limits(seconds=30.0)
    assert limits.seconds_for(0) == 30.0
    assert limits.seconds_for(16 * MIB) == 30.0
    assert limits.seconds_for(32 * MIB) == 60.0
