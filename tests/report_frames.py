"""Small made-up frames of the shape a report is built from."""

import json
import math

import numpy
import pandas

SEGMENTS = {
    1: "Devoted regulars",
    2: "Big baskets, seldom",
    3: "Bargain hunters",
    4: "Drifting away",
    5: "One-time visitors",
}
FEATURES = [
    ("recency_days", "Days since the last purchase", "days", "log1p", True),
    ("frequency", "Purchases", "purchases", "log1p", True),
    ("spend", "Spend", "currency", "log1p", True),
    ("basket_value", "Value of a basket", "currency", "log1p", True),
    ("discount_share", "Share bought at a discount", "share", "none", True),
    ("tenure_days", "Days since the first purchase", "days", "none", False),
]
BINS = 12

# Each would run, or break out of its place, if it were written down as it is.
HOSTILE = [
    "<script>window.hostile = 1</script>",
    "</script><script>window.hostile = 2</script>",
    '<img src=x onerror="window.hostile = 3">',
    "\"'\\ ' + (window.hostile = 4) + '\u2028 <!-- {{ 7 * 7 }}",
    "datum.value ? [1] : 'é' & &lt;b&gt;",
]


def _segments(names: dict[int, str], text: str) -> pandas.DataFrame:
    rows = []
    for at, (identifier, name) in enumerate(names.items()):
        rows.append(
            {
                "segment_id": identifier,
                "segment_name": name,
                "description": text,
                "action": f"Write to them once a month. {text}",
                "customers": max(20, 900 - 150 * at),
                "customer_share": max(20, 900 - 150 * at) / 3000,
                "revenue": 250_000.0 - 55_000 * at if at < 4 else math.nan,
                "revenue_share": 0.42 - 0.1 * at if at < 4 else math.nan,
                "mean_silhouette": 0.31 - 0.02 * at,
                "mean_margin": 0.4 - 0.03 * at,
                "outliers": at,
                "bootstrap_jaccard": (0.912, 0.721, 0.434)[at % 3],
                "trust": ("solid", "soft", "do not act on this")[at % 3],
                "share_shift": 0.0,
            }
        )
    return pandas.DataFrame(rows)


def _migrations(names: dict[int, str]) -> pandas.DataFrame:
    """Everyone stays but one customer who leaves, one who comes, and one of an ended segment."""
    first = min(names)
    pairs = [(segment, segment, 100) for segment in names]
    pairs += [(first, None, 1), (None, first, 2), (max(names) + 70, first, 3)]
    frame = pandas.DataFrame(pairs, columns=["from_segment_id", "to_segment_id", "customers"])
    return frame.astype({"from_segment_id": "Int64", "to_segment_id": "Int64"}).assign(
        from_as_of=pandas.Timestamp("2017-12-01"), to_as_of=pandas.Timestamp("2017-12-31")
    )


def _recent_moves(names: dict[int, str]) -> pandas.DataFrame:
    """On the last day one customer left, two came, and three were moved by a new model."""
    first = min(names)
    rows = [
        (first, None, "departure", 1),
        (None, first, "arrival", 2),
        (max(names) + 70, first, "refit", 3),
    ]
    columns = ["from_segment_id", "to_segment_id", "cause", "customers"]
    frame = pandas.DataFrame(rows, columns=columns).assign(as_of=pandas.Timestamp("2017-12-31"))
    return frame.astype({"from_segment_id": "Int64", "to_segment_id": "Int64"})


def _move_features(names: dict[int, str]) -> pandas.DataFrame:
    """Five who came from the first segment to the second, with fewer purchases than those there."""
    first, second, *_ = names
    features = {"spend": 12.5, "frequency": 2.0}
    row = {
        "from_segment_id": first,
        "to_segment_id": second,
        "features_before": json.dumps(features | {"frequency": 8.0}),
        "features_after": json.dumps(features),
    }
    return pandas.DataFrame([row] * 5)


def _history(names: dict[int, str]) -> pandas.DataFrame:
    """Three dates, on each of which every segment has one customer more."""
    rows = [
        {
            "as_of": pandas.Timestamp(day),
            "segment_id": segment,
            "customers": 100 + at,
            "revenue": 1000.0 + at,
            "recent_revenue": 100.0 * segment + at,
            "recent_days": 90,
        }
        for at, day in enumerate(("2017-11-30", "2017-12-24", "2017-12-31"))
        for segment in names
    ]
    return pandas.DataFrame(rows)


def _categories(names: dict[int, str], values: list[str]) -> pandas.DataFrame:
    """The first category is bought clearly more in the first segment, and nothing else is."""
    rows = [
        {
            "segment_id": segment,
            "category": value,
            "lift": 1.5,
            "lift_low": 1.2 if segment == min(names) and at == 0 else 0.9,
        }
        for segment in names
        for at, value in enumerate(values)
    ]
    return pandas.DataFrame(rows)


def _borders(names: dict[int, str]) -> pandas.DataFrame:
    """A tenth of the customers of each segment is near the next one."""
    order = list(names)
    rows = [
        {
            "segment_id": segment,
            "runner_up_segment_id": order[(at + 1) % len(order)],
            "customers": 200,
            "customers_near_border": 20,
        }
        for at, segment in enumerate(order)
    ]
    return pandas.DataFrame(rows)


def _audiences(texts: list[str]) -> dict[str, pandas.DataFrame]:
    """An audience for each text, in turn decided, to be read, and without anybody held out."""
    definitions, outcomes = [], []
    for at, text in enumerate(texts):
        started_on = pandas.Timestamp("2017-11-01") + pandas.Timedelta(days=at)
        definitions.append(
            {
                "audience": text,
                "condition": f"segment_name = '{text}' and recency_days <= 60",
                "action": text,
                "started_on": started_on,
                "ends_on": started_on + pandas.Timedelta(days=20),
            }
        )
        outcomes.append(
            {
                "audience": text,
                "started_on": started_on,
                "days": 30,
                "measure": "spend",
                "decides": True,
                "readable_from": started_on + pandas.Timedelta(days=30),
                "measured_on": None if at % 3 == 1 else pandas.Timestamp("2017-12-31"),
                "target_customers": 400,
                "holdout_customers": 100,
                "beyond_limit_customers": at,
                "adjusted_difference": None if at % 3 else 4.1,
                "adjusted_difference_low": None if at % 3 else 1.2,
                "adjusted_difference_high": None if at % 3 else 7.0,
                "adjusted_difference_probability": None if at % 3 else 0.006,
                "split_probability": 0.5,
                "verdict": ("brought more", "readable from 2017-12-02", "nobody held out")[at % 3],
                "customers_needed": None,
            }
        )
    return {
        "audience_definitions": pandas.DataFrame(definitions),
        "audience_outcomes": pandas.DataFrame(outcomes),
    }


def _distributions(labels: dict[str, str], unit: str | None) -> pandas.DataFrame:
    rows = []
    for place, (feature, _, own_unit, transform, is_clustered) in enumerate(FEATURES):
        edges = numpy.expm1(numpy.linspace(0, 4 + place, BINS + 1))
        for at in range(BINS):
            rows.append(
                {
                    "feature": feature,
                    "label": labels[feature],
                    "unit": unit or own_unit,
                    "transform": transform,
                    "is_clustered": is_clustered,
                    "bin": at + 1,
                    "bin_low": edges[at],
                    "bin_high": edges[at + 1],
                    "customers": int(400 * math.exp(-((at - 5 - place / 2) ** 2) / 8)),
                    "customers_known": 2990,
                    "missing": 10,
                    "filled": 10,
                    "minimum": edges[0],
                    "p10": edges[2],
                    "median": (edges[5] + edges[6]) / 2,
                    "p90": edges[9],
                    "maximum": edges[-1],
                    "mean": edges[6],
                    "standard_deviation": edges[7],
                    "skewness": 2.5 - place,
                }
            )
    return pandas.DataFrame(rows)


def _correlations(labels: dict[str, str]) -> pandas.DataFrame:
    rows = []
    for first, feature_a in enumerate(labels):
        for second, feature_b in enumerate(labels):
            value = 1.0 if first == second else math.cos(first + second)
            rows.append(
                {
                    "feature_a": feature_a,
                    "feature_b": feature_b,
                    "label_a": labels[feature_a],
                    "label_b": labels[feature_b],
                    "pearson": value,
                    "spearman": math.nan if {first, second} == {0, 5} else value,
                    "customers": 2990,
                }
            )
    return pandas.DataFrame(rows)


def _k_selection() -> pandas.DataFrame:
    rows = []
    for k in range(1, 11):
        several = k > 1
        rows.append(
            {
                "k": k,
                "inertia": 15_000 / k**0.8,
                "silhouette": 0.32 - 0.02 * abs(k - 5) if several else math.nan,
                "davies_bouldin": 1.1 + 0.05 * abs(k - 4) if several else math.nan,
                "calinski_harabasz": 1500 - 90 * k if several else math.nan,
                "stability_ari": 0.95 - 0.03 * abs(k - 5) if several else math.nan,
                "smallest_share": 0.5 / k if several else math.nan,
                "structureless_silhouette": 0.22 - 0.005 * k if several else math.nan,
                "picked_by": {4: "davies_bouldin", 5: "silhouette, stability"}.get(k),
                "is_chosen": k == 5,
                "chosen_by": "silhouette",
            }
        )
    return pandas.DataFrame(rows)


def _profiles(names: dict[int, str], labels: dict[str, str]) -> pandas.DataFrame:
    rows = []
    for at, (identifier, name) in enumerate(names.items()):
        for place, (feature, _, unit, _, is_clustered) in enumerate(FEATURES):
            z_score = 1.8 * math.sin(1.7 * at + place)
            population = 0.2 if unit == "share" else 12.5 * 5**place
            unknown = at == 4 and place == 5
            rows.append(
                {
                    "segment_id": identifier,
                    "segment_name": name,
                    "feature": feature,
                    "label": labels[feature],
                    "unit": unit,
                    "is_clustered": is_clustered,
                    "feature_position": place,
                    "customers_known": 500,
                    "median": math.nan if unknown else population * 2**z_score,
                    "p10": population / 3,
                    "p90": population * 3,
                    "mean": population * 1.2,
                    "population_median": population,
                    "lift": math.nan if unknown else 2**z_score,
                    "z_score": math.nan if unknown else z_score,
                }
            )
    return pandas.DataFrame(rows)


def _attributes(names: dict[int, str], values: list[str]) -> pandas.DataFrame:
    rows = []
    for at, (identifier, name) in enumerate(names.items()):
        for place, value in enumerate(values):
            lift = 1 + 0.8 * math.sin(at + 2 * place)
            rows.append(
                {
                    "segment_id": identifier,
                    "segment_name": name,
                    "attribute": "age group",
                    "value": value,
                    "customers": 40 + place,
                    "share": 0.2 * lift,
                    "population_share": 0.2,
                    "lift": lift,
                }
            )
    return pandas.DataFrame(rows)


def _projection(names: dict[int, str]) -> pandas.DataFrame:
    random = numpy.random.default_rng(3)
    parts = []
    for at, (identifier, name) in enumerate(names.items()):
        points = random.normal([3 * math.cos(at), 3 * math.sin(2 * at)], 0.9, (80, 2))
        part = pandas.DataFrame(points, columns=["x", "y"])
        parts.append(part.assign(segment_id=identifier, segment_name=name, explained=0.71))
    return pandas.concat(parts, ignore_index=True)


def _gates(model: str) -> pandas.DataFrame:
    """Of two gates the model has not passed one, and a person has accepted it."""
    rows = [(model, "identity", 0.0, 0.0, True), (model, "moved_share", 0.25, 0.1, False)]
    columns = ["model_version", "gate", "value", "threshold", "holds"]
    return pandas.DataFrame(rows, columns=columns)


def _explained() -> pandas.DataFrame:
    """Segments tell more of discounts than simpler groups do, and less of spend."""
    rows = [
        ("segments", 4, 0.402, 0.147),
        ("spend quartiles", 4, 0.524, 0.003),
        ("RFM scores", 13, 0.551, 0.007),
    ]
    columns = ["explained_by", "groups", "spend_explained", "discount_share_explained"]
    return pandas.DataFrame(rows, columns=columns).assign(
        as_of=pandas.Timestamp("2017-09-30"),
        measured_on=pandas.Timestamp("2017-12-29"),
        outcome_days=90,
    )


def report_frames() -> dict[str, pandas.DataFrame]:
    """Frames of an ordinary report."""
    return _frames(
        SEGMENTS,
        {feature: label for feature, label, *_ in FEATURES},
        ["19-24", "25-34", "35-44", "45-54", "55+"],
        "They come back every week and buy most of what they need here.",
        None,
    )


def hostile_frames() -> dict[str, pandas.DataFrame]:
    """Frames whose every text tries to be code."""
    return _frames(
        dict(enumerate(HOSTILE, start=1)),
        {row[0]: HOSTILE[at % len(HOSTILE)] + str(at) for at, row in enumerate(FEATURES)},
        HOSTILE,
        " ".join(HOSTILE),
        HOSTILE[0],
    )


def many_segments() -> dict[str, pandas.DataFrame]:
    """Frames of twelve segments, with names of 60 characters in four scripts."""
    scripts = (
        "Customers who place many small orders at weekends, as a rule",
        "Покупатели, которые делают много небольших заказов по выходным",
        "週末に少額の注文を何度もするお客様" * 4,
        "عملاء يقدمون طلبات صغيرة كثيرة في عطلة نهاية الأسبوع كل شهر ",
    )
    return _frames(
        {at: f"{scripts[at % 4][:57]} {at}" for at in range(1, 13)},
        {feature: label for feature, label, *_ in FEATURES},
        ["19-24", "25-34", "35-44", "45-54", "55+"],
        "They come back every week and buy most of what they need here.",
        None,
    )


def _frames(
    names: dict[int, str],
    labels: dict[str, str],
    values: list[str],
    text: str,
    hostile: str | None,
) -> dict[str, pandas.DataFrame]:
    accounting = pandas.DataFrame(
        {
            "reason": ["used", hostile or "too few purchases", "no customer", "no date"],
            "outcome": ["used", "excluded", "rejected", hostile or "rejected"],
            "rows": [150_000, 2_400, 320, 12],
            "customers_rows": [2500, 180, 0, 0],
            "customers": [3000.0, 210.0, math.nan, 4.0],
            "description": [text, text, text, None],
        }
    )
    verdict = {
        "has_clusters": False,
        "verdict": hostile or "continuum",
        "sentence": hostile or "The groups are cuts through one cloud: useful, not natural.",
        "elbow_k": math.nan,
        "elbow_sentence": hostile or "The inertia curve has no clear bend.",
    }
    model = {
        "model_version": hostile or "2f9c1a7b3d",
        "k": 5,
        "seed": 7,
        "customers": 3000,
        "sample_size": 2000,
        "inertia": 4139.2,
        "parent_version": None,
        "status": "active",
        "refused_because": None,
        "fitted_as_of": pandas.Timestamp("2017-12-31"),
        "active_since": pandas.Timestamp("2017-12-31"),
    }
    dates = {"as_of": pandas.Timestamp("2017-12-31"), "first_on": pandas.Timestamp("2017-01-01")}
    finding = hostile or "Returns were not taken off: no column."
    note = {"finding": finding, "is_switched_off": True, "is_warning": False}
    return {
        "as_of_date": pandas.DataFrame([dates]),
        "customer_accounting": accounting,
        "feature_distributions": _distributions(labels, hostile),
        "feature_correlations": _correlations(labels),
        "k_selection": _k_selection(),
        "cluster_verdict": pandas.DataFrame([verdict]),
        "model_versions": pandas.DataFrame([model]),
        "segments": _segments(names, text),
        "segment_borders": _borders(names),
        "segment_profiles": _profiles(names, labels),
        "segment_attributes": _attributes(names, values),
        "segment_migrations": _migrations(names),
        "recent_moves": _recent_moves(names),
        "recent_move_features": _move_features(names),
        "segment_history": _history(names),
        "segment_outlook": pandas.DataFrame(
            {
                "segment_id": list(names) * 2,
                "days": [30] * len(names) + [90] * len(names),
                "last_order_days": 500,
                "expected_order_days": 432.1,
            }
        ).sort_values(["segment_id", "days"]),
        "segment_categories": _categories(names, values),
        "model_gates": _gates(model["model_version"]),
        "outcomes_explained": _explained(),
        **_audiences(values),
        "model_scales": pandas.DataFrame(
            {"feature": ["spend", "frequency"], "transform": "log1p", "scale": [1.0, 0.5]}
        ),
        "projection": _projection(names),
        "input_check": pandas.DataFrame([note]),
        "report_settings": pandas.DataFrame([{"currency": "$", "report_title": hostile or "Shop"}]),
    }
