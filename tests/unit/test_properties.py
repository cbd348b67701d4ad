"""Segments depend on nothing but the customers' values."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from segmart.engine.frames import typed
from segmart.model import candidate, preparation

COLUMNS = ["recency_days", "orders", "revenue"]
FEATURES = pd.DataFrame(
    {
        "feature": COLUMNS,
        "transform": ["none", "none", "log1p"],
        "higher_is_better": [False, True, True],
    }
)
check = settings(max_examples=25, deadline=None, derandomize=True)

# Any small whole numbers, so that ties are common and optima may be many.
any_rows = st.lists(st.tuples(*[st.integers(0, 30)] * 3), min_size=12, max_size=40)


@st.composite
def grouped_rows(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Whole numbers in three groups far apart, so that the best partition is one alone."""
    near = st.tuples(*[st.integers(-3, 3)] * 3)
    rows = []
    for center in [(10, 100, 1000), (60, 20, 100), (150, 60, 20)]:
        for offset in draw(st.lists(near, min_size=4, max_size=12)):
            rows.append(tuple(np.add(center, offset).tolist()))
    return rows


def sample_of(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    sample = pd.DataFrame(rows, columns=COLUMNS).astype("float64")
    sample.insert(0, "customer_id", np.arange(len(rows)))
    return sample


def segments(sample: pd.DataFrame, k: int = 3) -> tuple[pd.DataFrame, pd.Series]:
    """The model, and the segment of each customer by customer_id."""
    no_model = typed([], candidate.SEGMENT_COLUMNS)
    raw = preparation.raw_matrix(sample, FEATURES)
    model, _ = candidate.fit_segments(raw, FEATURES, k, no_model, seed=7)
    labels = candidate.fitted_labels(sample, model)
    return model, labels.set_index("customer_id")["segment_id"].sort_index()


def can_be_fitted(rows: list[tuple[int, int, int]]) -> bool:
    return len(set(rows)) >= 8 and all(len(set(values)) > 1 for values in zip(*rows, strict=True))


@pytest.mark.slow
@check
@given(rows=any_rows, random=st.randoms(use_true_random=False))
def test_row_order_changes_nothing(rows, random):
    assume(can_be_fitted(rows))
    sample = sample_of(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    model, labels = segments(sample)
    again_model, again_labels = segments(sample.iloc[order])
    pd.testing.assert_frame_equal(again_model, model, check_exact=True)
    pd.testing.assert_series_equal(again_labels, labels)


@pytest.mark.slow
@check
@given(rows=any_rows, data=st.data())
def test_customer_ids_change_nothing(rows, data):
    assume(can_be_fitted(rows))
    sample = sample_of(rows)
    names = data.draw(
        st.lists(st.text(max_size=8), min_size=len(rows), max_size=len(rows), unique=True)
    )
    renamed = sample.assign(customer_id=names)
    model, labels = segments(sample)
    again_model, again_labels = segments(renamed)
    pd.testing.assert_frame_equal(again_model, model, check_exact=True)
    assert again_labels[names].tolist() == labels.tolist()


@pytest.mark.slow
@check
@given(
    rows=grouped_rows(),
    column=st.sampled_from(["recency_days", "orders"]),
    constant=st.integers(-100_000, 100_000),
)
def test_a_constant_added_to_a_feature_changes_no_segment(rows, column, constant):
    sample = sample_of(rows)
    _, labels = segments(sample)
    assert sorted(labels.unique()) == [1, 2, 3]
    _, again = segments(sample.assign(**{column: sample[column] + constant}))
    pd.testing.assert_series_equal(again, labels)


@check
@given(rows=any_rows, k=st.integers(1, 5))
def test_every_customer_is_in_the_segment_whose_center_is_nearest(rows, k):
    assume(can_be_fitted(rows))
    sample = sample_of(rows)
    model, labels = segments(sample, k)
    assert set(labels) <= set(range(1, k + 1))
    sizes = model.drop_duplicates("segment_id").set_index("segment_id")["sample_customers"]
    assert sizes.sum() == len(rows)
    assert (sizes > 0).all()
