"""Names and descriptions of segments held against the medians of their customers.

For each generated shop, k = 3..8 and each seed: the segments, those that share their name with
another one, and the claims in names and descriptions that the raw values contradict.

    uv run python benchmarks/segment_names.py

With --first-match each segment is held to be called by the first name of the seed whose bounds its
centroid meets, without a look at the others, at medians and at means: what the naming adds.
"""

import argparse
import re

import numpy as np
import pandas as pd
from generated_shops import SHOPS, catalog, model, seed

from segmart.model.names import named

# What each word says of the customers: feature, and above (1) or below (-1) the typical one.
CLAIMS = {
    "price-sensitive": [("discount_share", 1)],
    "discount-led": [("discount_share", 1)],
    "buy more on discount": [("discount_share", 1)],
    "few discounts": [("discount_share", -1)],
    "buy less on discount": [("discount_share", -1)],
    "high-value": [("spend", 1)],
    "large spend": [("spend", 1)],
    "spend more": [("spend", 1)],
    "low-value": [("spend", -1)],
    "small spend": [("spend", -1)],
    "spend less": [("spend", -1)],
    "low-engagement": [("orders", -1), ("spend", -1), ("recency_days", 1)],
    "lapsed": [("recency_days", 1)],
    "slipping away": [("recency_days", 1)],
    "long away": [("recency_days", 1)],
    "have been away longer": [("recency_days", 1)],
    "lately here": [("recency_days", -1)],
    "bought more recently": [("recency_days", -1)],
    "frequent": [("orders", 1)],
    "many orders": [("orders", 1)],
    "have placed more orders": [("orders", 1)],
    "occasional": [("orders", -1), ("recency_days", -1)],
    "few orders": [("orders", -1)],
    "have placed fewer orders": [("orders", -1)],
    "medium": [("orders", 0), ("spend", 0)],
    "regular": [("orders", 0)],
    "typical": [],
    "unnamed": [],
}
MIDDLE = "in the middle third of all customers by "
SEVERAL_ORDERS = ("regular", "frequent", "slipping away")


def first_match(model: pd.DataFrame, bases: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """The first name of each segment by the bounds of its centroid alone; no description."""
    rows = []
    for segment_id, own in model.groupby("segment_id"):
        centers = own.set_index("feature")["center_scaled"]
        # A feature that is not clustered meets no bound; one that is missing is open.
        value = rules["feature"].map(centers)
        is_met = value.notna() & ~(value < rules["minimum_z"]) & ~(value > rules["maximum_z"])
        met = is_met.groupby(rules["segment_name"]).all()
        first = [name for name in bases.sort_values("priority")["segment_name"] if met[name]]
        rows.append((segment_id, first[0] if first else "unnamed", ""))
    return pd.DataFrame(rows, columns=["segment_id", "segment_name", "description"])


def claims(name: str, description: str, labels: dict[str, str]) -> list[tuple[str, str, int]]:
    """Word, feature and side of all that a name and a description say.

    Args:
        name, description: of a segment.
        labels: feature by label, as it stands in a sentence.

    Raises:
        KeyError: a word is none of ``CLAIMS``, nor one of a metric.
    """
    found, told = [], ""
    for part in re.sub(r" \([^)]*\)", "", description).split("; "):
        if part.lower().startswith(MIDDLE):
            middle = _listed(part[len(MIDDLE) :])
            found += [(MIDDLE, labels[label], 0) for label in middle]
        else:
            told = part.removesuffix(" than the typical customer")
    side = 0
    for word in [*_listed(name.split(", median ")[0]), *_listed(told)]:
        metric = re.fullmatch(r"(?:are )?(?:(high|low)(?:er in)? )?(.+)", word, re.IGNORECASE)
        if metric[2] in labels:
            side = {"high": 1, "low": -1}.get(metric[1], side)
            found.append((word, labels[metric[2]], side))
        else:
            found += [(word, *claim) for claim in CLAIMS[word[0].lower() + word[1:]]]
    return found


def _listed(text: str) -> list[str]:
    return [word for word in re.split(", | and ", text) if word]


def contradictions(shop: pd.DataFrame, segment_ids: pd.Series, names: pd.DataFrame) -> list[str]:
    """Each claim that the raw values of the customers do not bear out, in words.

    Means are of values between the first and the last hundredth, so that they do not hang on one
    customer.
    """
    labels = _labels(shop)
    clipped = shop.clip(shop.quantile(0.01), shop.quantile(0.99), axis=1)
    medians, means = shop.groupby(segment_ids).median(), clipped.groupby(segment_ids).mean()
    found = []
    for segment in names.itertuples():
        own = medians.loc[segment.segment_id]
        for word, feature, side in claims(segment.segment_name, segment.description, labels):
            values, median = shop[feature], own[feature]
            mean = means.loc[segment.segment_id, feature]
            if side:
                holds = side * (median - values.median()) > 0
                holds &= side * (mean - clipped[feature].mean()) > 0
            else:
                # Where many are equal: at least a third of all on each side, those equal counted.
                holds = min((values <= median).mean(), (values >= median).mean()) >= 1 / 3
                holds &= feature != "spend" or means["spend"].idxmax() != segment.segment_id
            if word in SEVERAL_ORDERS:
                holds &= own["orders"] >= 2
            if not holds:
                found.append(f"{segment.segment_name}: {word}, {feature} {median:g}")
    return found


def unsaid(shop: pd.DataFrame, segment_ids: pd.Series, names: pd.DataFrame) -> list[str]:
    """Each segment that is silent about what is said of another one and is more true of it.

    More true: its median and its mean lie further on that side.
    """
    labels = _labels(shop)
    medians, means = shop.groupby(segment_ids).median(), shop.groupby(segment_ids).mean()
    said = {
        segment.segment_id: claims(segment.segment_name, segment.description, labels)
        for segment in names.itertuples()
    }
    found = []
    for segment_id, told in said.items():
        for other, words in said.items():
            silent = {feature for _, feature, _ in words}
            for word, feature, side in told:
                apart = [
                    side * (figures.loc[other, feature] - figures.loc[segment_id, feature])
                    for figures in (medians, means)
                ]
                if side and feature not in silent and min(apart) > 0:
                    found.append(f"{other} is silent, but {segment_id}: {word}")
    return found


def _labels(shop: pd.DataFrame) -> dict[str, str]:
    """Feature by label, as it stands in a sentence."""
    features = catalog(shop)
    return {
        label if label in shop else label[0].lower() + label[1:]: feature
        for label, feature in zip(features["label"], features["feature"], strict=True)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-match", action="store_true", help="instead of the naming")
    parser.add_argument("--show", action="store_true", help="print the names of the first seed")
    arguments = parser.parse_args()
    bases, rules = seed("segment_names"), seed("segment_name_rules")
    rows = []
    for title, generate in SHOPS.items():
        for number in range(arguments.seeds):
            shop = generate(np.random.default_rng(number))
            for k in range(3, 9):
                fitted, segment_ids = model(shop, k)
                if arguments.first_match:
                    names = first_match(fitted, bases, rules)
                else:
                    names = named(fitted, catalog(shop), bases, rules)
                wrong = contradictions(shop, segment_ids, names)
                shared = names["segment_name"].duplicated(keep=False).sum()
                of_seed = names["segment_name"].str.split(", ").str[0].isin(bases["segment_name"])
                alike = names["description"].duplicated(keep=False) & (names["description"] != "")
                silent = unsaid(shop, segment_ids, names)
                rows.append((title, k, shared, alike.sum(), of_seed.sum(), len(wrong), len(silent)))
                if arguments.show and not number:
                    print(f"\n{title}, k = {k}")
                    for segment in names.itertuples():
                        print(f"  {segment.segment_name}: {segment.description}.")
                    for line in wrong:
                        print("  contradicted:", line)
                    for line in silent:
                        print("  unsaid:", line)
    columns = [
        "shop",
        "segments",
        "of one name",
        "of one description",
        "with a name of the seed",
        "contradictions",
        "unsaid",
    ]
    print(pd.DataFrame(rows, columns=columns).groupby("shop", sort=False).sum().to_string())


if __name__ == "__main__":
    main()
