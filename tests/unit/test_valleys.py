"""Valleys between groups, values made continuous, and data without clusters."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn import metrics
from sklearn.datasets import make_blobs

from segmart.model import clustering, selection, valleys


def test_valley_of_two_groups_by_hand():
    # Nine of each group lie in one cell, none between: 9 / sqrt(9) is the valley.
    matrix = np.repeat([[-1.0], [1.0]], 9, axis=0)
    labels = np.repeat([0, 1], 9)
    assert valleys.valleys(matrix, labels, 2) == pytest.approx((3.0, 3.0))


def test_a_continuum_has_no_valley_however_it_is_divided():
    matrix = np.linspace(0.0, 1.0, 600)[:, None]
    for k in (2, 3, 6):
        labels = (matrix[:, 0] * k).astype("int64").clip(max=k - 1)
        assert max(valleys.valleys(matrix, labels, k)) < 1.0


def test_groups_of_several_clusters_are_apart_and_their_clusters_are_not():
    line = np.linspace(0.0, 1.0, 300)
    matrix = np.concatenate([line, 4.0 + line])[:, None]
    labels = np.concatenate([line > 0.5, 2 + (line > 0.5)]).astype("int64")
    between_groups, between_pairs = valleys.valleys(matrix, labels, 4)
    assert between_groups > 8.0
    assert between_pairs < 1.0


@pytest.mark.parametrize(("outliers", "is_group"), [(24, False), (26, True)])
def test_a_group_has_at_least_a_twentieth_of_the_rows(outliers, is_group):
    line = np.linspace(0.0, 1.0, 500 - outliers)
    matrix = np.concatenate([line, np.full(outliers, 9.0)])[:, None]
    labels = np.concatenate([np.zeros(len(line)), np.ones(outliers)]).astype("int64")
    assert (valleys.valleys(matrix, labels, 2)[0] > 0) == is_group


def test_a_small_cluster_does_not_join_large_ones():
    # Two groups of 190 are surely apart, and a third of 20 is from neither as surely.
    line = np.linspace(-0.5, 0.5, 190)
    small = np.linspace(-0.5, 0.5, 20)
    matrix = np.concatenate([line, 10.0 + line, 20.0 + small])[:, None]
    labels = np.repeat([0, 1, 2], [190, 190, 20])
    between_groups, between_pairs = valleys.valleys(matrix, labels, 3)
    assert between_groups > 8.0
    assert 3.0 < between_pairs < 5.0


def test_one_cluster_and_an_empty_one_have_no_valley():
    matrix = np.arange(20.0)[:, None]
    assert valleys.valleys(matrix, np.zeros(20, dtype="int64"), 1) == (0.0, 0.0)
    assert valleys.valleys(matrix, np.repeat([0, 2], 10), 3) == (0.0, 0.0)


def test_a_gap_beside_zero_is_filled_and_other_values_stay():
    random = np.random.default_rng(1)
    spend = 5.0 + random.normal(size=400)
    spend[:150] = 0.0
    spend[399] = -1.0  # what gave back more than it bought does not make zero a level among others
    matrix = np.column_stack([spend, random.normal(size=400)])
    found = valleys.without_atoms(matrix, random)
    assert (np.sort(found[:, 0])[10:] > 1.0).all()
    np.testing.assert_array_equal(found[:, 1], matrix[:, 1])
    # The values that the zeros got are spread; all others are as they were, save for equal ones.
    assert len(np.unique(found[:, 0])) == 400
    assert matrix[0, 0] == 0.0  # the data themselves are not changed


def test_levels_are_spread_to_their_neighbours_and_keep_their_order():
    levels = np.repeat([0.0, 1.0, 3.0], [50, 30, 20])
    found = valleys.without_atoms(levels[:, None], np.random.default_rng(2))[:, 0]
    assert len(np.unique(found)) == 100
    assert found[:50].max() <= 0.5 <= found[50:80].min()
    assert found[50:80].max() <= 2.0 <= found[80:].min()
    assert found[:50].max() > 0.4  # nothing is left out between them
    assert found.min() >= -valleys.SPREAD


@pytest.mark.parametrize("seed", range(5))
def test_structureless_keeps_ranges_and_rank_correlations(seed):
    random = np.random.default_rng(seed)
    matrix = np.exp(random.normal(size=(2000, 4)) @ random.normal(size=(4, 4)) / 2.0)
    (draw,) = valleys.structureless(matrix, random, 1)
    assert (draw.min(axis=0) >= matrix.min(axis=0)).all()
    assert (draw.max(axis=0) <= matrix.max(axis=0)).all()
    np.testing.assert_allclose(np.median(draw, axis=0), np.median(matrix, axis=0), rtol=0.15)
    before, after = spearmanr(matrix).statistic, spearmanr(draw).statistic
    assert np.abs(before[np.triu_indices(4, 1)]).max() > 0.3
    np.testing.assert_allclose(after, before, rtol=0, atol=0.1)


def test_structureless_destroys_clusters_and_modes():
    grid = make_blobs(600, centers=[[0, 0], [0, 8], [8, 0], [8, 8]], random_state=3)
    (draw,) = valleys.structureless(grid[0], np.random.default_rng(4), 1)
    after = selection.silhouette_samples(draw, clustering.fit(draw, 4, seed=1, starts=5)).mean()
    assert metrics.silhouette_score(*grid, metric="sqeuclidean") > 0.9
    assert after < 0.75
    # A fifth of the values or so lies in the middle fifth of the range, where there were none.
    for column, before in zip(draw.T, grid[0].T, strict=True):
        low, high = np.quantile(before, [0.01, 0.99])
        middle = [low + 0.4 * (high - low), low + 0.6 * (high - low)]
        assert np.mean((before > middle[0]) & (before < middle[1])) < 0.02
        assert np.mean((column > middle[0]) & (column < middle[1])) > 0.1


def test_structureless_takes_one_column():
    (draw,) = valleys.structureless(np.arange(50.0)[:, None], np.random.default_rng(1), 1)
    assert draw.shape == (50, 1)


@pytest.mark.parametrize("centers", [[0.0], [0.0, 6.0], [0.0, 5.0, 10.0]])
def test_the_closest_unimodal_distribution_rises_and_then_falls(centers):
    random = np.random.default_rng(len(centers))
    values = random.normal(size=900) + random.choice(centers, 900)
    edges, cumulative = valleys.unimodal(values)
    assert (cumulative[0], cumulative[-1]) == (0.0, pytest.approx(1.0))
    density = np.diff(cumulative) / np.diff(edges)
    mode = density.argmax()
    assert (np.diff(density[: mode + 1]) >= -1e-9).all()
    assert (np.diff(density[mode:]) <= 1e-9).all()
    distance = np.abs(cumulative - np.searchsorted(np.sort(values), edges, "right") / 900).max()
    assert (distance < 0.02) == (len(centers) == 1)
