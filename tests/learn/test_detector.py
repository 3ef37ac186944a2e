"""Evidence that an assumption broke on some day (METHODS section 5.4, oracle O18)."""

from __future__ import annotations

import numpy as np
import pytest

from throughline.learn import detector
from throughline.learn.evidence import gaussian_increments

Z = (0.1, -0.5, 0.4, 1.6, 2.1, 1.2, 1.9)


def test_the_recursion_gives_the_published_path() -> None:
    path = np.exp(detector.shiryaev_roberts(gaussian_increments(Z, (1.0,)))).ravel()
    expected = [0.6703, 0.6145, 1.4608, 7.3928, 41.5697, 85.7248, 351.6862]
    assert path == pytest.approx(expected, abs=5e-5)


def test_the_e_process_shares_its_purse_among_the_days_of_the_epoch() -> None:
    # E_t = M_t / H + (H - t) / H with H = 20.
    e = detector.e_values(gaussian_increments(Z, (1.0,)), epoch=20)
    assert e[0] == pytest.approx(0.67032005 / 20 + 19 / 20)
    assert e[-1] == pytest.approx(351.68620749 / 20 + 13 / 20)


def test_after_the_epoch_no_new_bet_is_placed() -> None:
    flat = np.zeros((5, 1))
    assert detector.e_values(flat, epoch=3) == pytest.approx((1.0, 1.0, 1.0, 1.0, 1.0))


def test_no_observation_is_no_evidence() -> None:
    assert detector.e_values(np.zeros((0, 4)), epoch=60) == ()


def test_overwhelming_evidence_stays_a_finite_number() -> None:
    e = detector.e_values(np.full((200, 1), 50.0), epoch=60)
    assert np.isfinite(e).all()


def test_at_the_edge_of_the_band_twentyfold_evidence_is_rarer_than_one_in_twenty() -> None:
    # Ville's inequality: P(sup E >= 20) <= .05; measured .013 here.
    rng = np.random.default_rng(11)
    z = rng.standard_normal((60, 4000))
    e = detector.log_evidence(gaussian_increments(z), epoch=60)
    ever = (e.max(axis=0) >= np.log(20)).mean()
    assert ever <= 0.05


def test_a_break_after_a_long_quiet_time_is_seen_within_days() -> None:
    rng = np.random.default_rng(5)
    z = rng.standard_normal(50) - 0.5
    z[40:] += 3.0
    e = detector.e_values(gaussian_increments(z), epoch=60)
    assert max(e[:40]) < 20
    assert min(i for i, value in enumerate(e) if value >= 20) <= 45


def test_a_stake_placed_beforehand_finds_a_number_that_was_wrong_from_the_start() -> None:
    z = gaussian_increments([1.5] * 8)
    even, early = (detector.e_values(z, 60, at_start=share) for share in (0.0, 0.5))
    assert early[-1] > 5 * even[-1]
    flat = detector.e_values(np.zeros((70, 4)), 60, at_start=0.5)
    assert flat == pytest.approx((1.0,) * 70)


def test_with_half_the_stake_on_the_first_day_the_evidence_is_still_honest() -> None:
    rng = np.random.default_rng(12)
    z = rng.standard_normal((60, 4000))
    e = detector.log_evidence(gaussian_increments(z), epoch=60, at_start=0.5)
    assert (e.max(axis=0) >= np.log(20)).mean() <= 0.05
