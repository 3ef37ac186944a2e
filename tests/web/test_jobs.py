"""Work that goes on beside the pages: begun once, told, ended, and never lost in silence."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from throughline.errors import RequestError
from throughline.web.jobs import MOST_AT_ONCE, MOST_KEPT, Job, Jobs

LONG_SECONDS = 30


@pytest.mark.django_db
def test_work_goes_on_in_a_thread_and_says_how_far_it_is() -> None:
    half_way, go_on = Event(), Event()

    def work(job: Job) -> str:
        job.tell(1, 2)
        half_way.set()
        assert go_on.wait(LONG_SECONDS)
        return "done"

    jobs = Jobs()
    job = jobs.begin("file", work)
    assert half_way.wait(LONG_SECONDS)
    assert (job.done, job.of, job.ended.is_set()) == (1, 2, False)
    assert jobs.begin("file", work) is job
    go_on.set()
    assert job.ended.wait(LONG_SECONDS)
    assert job.result() == "done"


def inline(work: Any) -> Job:
    return Jobs(start=lambda run: run()).begin("file", work)


def test_what_the_user_can_mend_is_a_sentence() -> None:
    def work(_job: Job) -> None:
        raise RequestError("Choose a file first.")

    job = inline(work)
    assert (job.failure, job.result()) == ("Choose a file first.", None)


def test_what_we_did_wrong_is_raised_to_who_asks() -> None:
    job = inline(lambda _job: 1 / 0)
    assert job.failure == ""
    with pytest.raises(ZeroDivisionError):
        job.result()


def test_what_is_forgotten_is_ended_and_can_begin_anew() -> None:
    jobs = Jobs(start=lambda _run: None)
    first = jobs.begin("file", lambda _job: None)
    jobs.forget("file")
    assert first.cancelled.is_set()
    assert jobs.begin("file", lambda _job: None) is not first


def test_only_so_much_is_under_way_at_once() -> None:
    jobs = Jobs(start=lambda _run: None)
    for number in range(MOST_AT_ONCE):
        jobs.begin(f"file-{number}", lambda _job: None)
    with pytest.raises(RequestError, match="Try again in a minute"):
        jobs.begin("one more", lambda _job: None)


def test_what_ended_long_ago_makes_room() -> None:
    jobs = Jobs(start=lambda run: run())
    for number in range(MOST_KEPT + 5):
        jobs.begin(f"file-{number}", lambda _job: None)
    assert jobs.find("file-0") is None
    assert jobs.find(f"file-{MOST_KEPT + 4}") is not None
