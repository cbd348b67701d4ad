"""K-means against scikit-learn's many starts, brute force and planted clusters."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine, make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from segmart import SegmentationError
from segmart.model import candidate, clustering


def separated_blobs(k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Corners of a cube, 20 apart, with standard deviation 1."""
    corners = np.array([[x, y, z] for x in (0, 20) for y in (0, 20) for z in (0, 20)], float)
    return make_blobs(40 * k, centers=corners[:k], cluster_std=1.0, random_state=seed)


DATA = {
    "iris": (load_iris().data, 3),
    "wine": (StandardScaler().fit_transform(load_wine().data), 3),
    "separated blobs": (separated_blobs(8, 1)[0], 8),
    "overlapping blobs": (make_blobs(600, 4, centers=9, cluster_std=3.0, random_state=2)[0], 9),
}


@pytest.mark.parametrize("name", DATA)
def test_inertia_is_within_a_thousandth_of_a_hundred_starts(name):
    matrix, k = DATA[name]
    reference = KMeans(k, n_init=100, random_state=0).fit(matrix).inertia_
    found = clustering.fit(matrix, k, seed=42, starts=candidate.FINAL_STARTS)
    assert found.inertia <= 1.001 * reference


@pytest.mark.parametrize("name", DATA)
def test_fit_is_a_fixed_point(name):
    matrix, k = DATA[name]
    found = clustering.fit(matrix, k, seed=42, starts=3)
    assert found.k == k
    distances = ((matrix[:, None, :] - found.centers[None, :, :]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(found.labels, distances.argmin(axis=1))
    for cluster in range(k):
        members = matrix[found.labels == cluster]
        np.testing.assert_allclose(found.centers[cluster], members.mean(axis=0), rtol=1e-12)
    assert found.inertia == pytest.approx(distances.min(axis=1).sum(), rel=1e-12)


@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_separated_blobs_are_found(k):
    matrix, planted = separated_blobs(k, seed=k)
    found = clustering.fit(matrix, k, seed=42, starts=candidate.FINAL_STARTS)
    assert adjusted_rand_score(planted, found.labels) == 1.0


def test_sweep_finds_separated_blobs_and_inertia_falls():
    matrix, planted = separated_blobs(6, seed=3)
    found = clustering.sweep(matrix, 9, seed=42)
    assert [clusters.k for clusters in found] == list(range(1, 10))
    assert (np.diff([clusters.inertia for clusters in found]) < 0).all()
    assert found[0].inertia == pytest.approx(((matrix - matrix.mean(axis=0)) ** 2).sum())
    assert adjusted_rand_score(planted, found[5].labels) == 1.0


def test_warm_centers_alone_are_a_start():
    matrix = np.array([[0.0], [1.0], [10.0], [11.0]])
    found = clustering.fit(matrix, 2, seed=0, warm_centers=(np.array([[10.0], [0.0]]),))
    np.testing.assert_array_equal(found.centers, [[10.5], [0.5]])
    np.testing.assert_array_equal(found.labels, [1, 1, 0, 0])
    assert found.inertia == 1.0


def test_the_best_of_the_warm_centers_is_kept():
    # A wide rectangle: to split it into top and bottom is a fixed point, and the worse one.
    matrix = np.array([[0.0, 0.0], [0.0, 2.0], [6.0, 0.0], [6.0, 2.0]])
    worse, better = np.array([[3.0, 0.0], [3.0, 2.0]]), np.array([[0.0, 1.0], [6.0, 1.0]])
    assert clustering.fit(matrix, 2, seed=0, warm_centers=(worse,)).inertia == 36.0
    assert clustering.fit(matrix, 2, seed=0, warm_centers=(worse, better)).inertia == 4.0


@pytest.mark.parametrize(("rows", "k", "features"), [(500, 1, 3), (500, 4, 2), (2000, 9, 6)])
def test_predict_is_the_nearest_center(rows, k, features):
    random = np.random.default_rng(rows + k)
    matrix, centers = random.normal(size=(rows, features)), random.normal(size=(k, features))
    distances = ((matrix[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2)
    predicted = clustering.predict(matrix, centers)
    assert predicted.dtype == np.int64
    np.testing.assert_array_equal(predicted, distances.argmin(axis=1))


def test_predict_takes_centers_that_are_not_contiguous():
    centers = np.asfortranarray([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    matrix = np.array([[0.0, 3.0], [3.0, 0.0], [1.0, 1.0]])
    assert clustering.predict(matrix, centers).tolist() == [2, 1, 0]


def test_predict_repeats_the_labels_of_the_fit():
    matrix, k = DATA["overlapping blobs"]
    found = clustering.fit(matrix, k, seed=42, starts=3)
    np.testing.assert_array_equal(clustering.predict(matrix, found.centers), found.labels)


def test_order_by_value_numbers_the_most_valuable_first():
    centers = np.array([[-2.0, -1.0], [3.0, 0.0], [1.0, 1.0]])
    clusters = clustering.Clusters(centers, np.array([0, 1, 2, 2, 0]), 7.0)
    # Values -2 + 1 = -1, 3 - 0 = 3 and 1 - 1 = 0: the second feature is better when lower.
    ordered = clustering.order_by_value(clusters, np.array([1.0, -1.0]))
    np.testing.assert_array_equal(ordered.centers, centers[[1, 2, 0]])
    np.testing.assert_array_equal(ordered.labels, [2, 0, 1, 1, 2])
    assert ordered.inertia == 7.0


def test_order_by_value_breaks_ties_by_the_coordinates_and_not_by_the_numbers():
    centers = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0], [5.0, 5.0]])
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        clusters = clustering.Clusters(centers[order], np.arange(4), 0.0)
        ordered = clustering.order_by_value(clusters, np.array([1.0, 1.0]))
        np.testing.assert_array_equal(ordered.centers, [[5, 5], [0, 2], [1, 1], [2, 0]])
        np.testing.assert_array_equal(ordered.centers[ordered.labels], centers[order])


def test_k_above_the_distinct_rows_names_the_remedy():
    matrix = np.repeat([[0.0, 1.0], [2.0, 3.0]], 5, axis=0)
    with pytest.raises(SegmentationError, match=r"k is 3.*10 customers only 2 differ.*at most 2"):
        clustering.fit(matrix, 3, seed=0, starts=2)
    assert clustering.fit(matrix, 2, seed=0, starts=2).inertia == 0.0


def test_identical_rows_name_the_remedy():
    with pytest.raises(SegmentationError, match=r"all customers are identical.*at most 1"):
        clustering.fit(np.ones((4, 2)), 2, seed=0, starts=2)


@pytest.mark.parametrize("difference", [1e-9, 1e-10, 1e-13])
def test_rows_that_differ_by_rounding_count_as_one(difference):
    matrix = np.array([[-1.0], [0.0], [1.0], [1.0 + difference]])
    with pytest.raises(SegmentationError, match="set k to at most 3"):
        clustering.fit(matrix, 4, seed=0, starts=5)
    assert np.isfinite(clustering.fit(matrix, 3, seed=0, starts=5).centers).all()


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_an_empty_cluster_is_an_error_and_never_an_undefined_center():
    # The two largest values round apart at the sixth decimal; K-means may not tell them apart.
    messages = []
    for value in (1.0000005, 3.0000005, 30.0000005, 100.0000005):
        matrix = np.array([[-value], [0.0], [value - 1e-9], [value + 1e-9]])
        assert clustering.count_distinct(matrix) == 4
        try:
            found = clustering.fit(matrix, 4, seed=0, starts=5)
        except SegmentationError as raised:
            messages.append(str(raised))
        else:
            assert np.isfinite(found.centers).all()
    assert messages
    assert all("set k to at most 3" in message for message in messages)


def test_one_thread_and_two_give_the_same_bits():
    matrix = np.random.default_rng(8).normal(size=(4000, 6))
    assert any(pool["user_api"] == "openmp" for pool in threadpool_info())
    results = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found = clustering.fit(matrix, 7, seed=42, starts=2)
            swept = clustering.sweep(matrix, 5, seed=42)
            predicted = clustering.predict(matrix, found.centers)
        results.append(
            [found.centers.tobytes(), found.labels.tobytes(), found.inertia, predicted.tobytes()]
            + [clusters.centers.tobytes() for clusters in swept]
        )
    assert results[0] == results[1]


def test_the_seed_alone_decides():
    matrix, k = DATA["overlapping blobs"]
    first, again, other = (clustering.fit(matrix, k, seed=seed, starts=1) for seed in (1, 1, 2))
    assert first.centers.tobytes() == again.centers.tobytes()
    assert first.centers.tobytes() != other.centers.tobytes()


def test_the_first_fit_of_a_process_runs_on_one_thread() -> None:
    """In a process of its own, where nothing has loaded scikit-learn before."""
    code = (
        "import sys\n"
        "from segmart.model import clustering\n"
        "assert 'sklearn' not in sys.modules\n"
        "with clustering._thread_pools().limit(limits=1):\n"
        "    from threadpoolctl import threadpool_info\n"
        "    pools = {pool['user_api']: pool['num_threads'] for pool in threadpool_info()}\n"
        "assert pools['openmp'] == 1, pools\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
