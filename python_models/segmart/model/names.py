"""Names of the segments, chosen for all of them together, and what each name claims in words.

A word is given only where three figures of the fit agree: centroid, median and mean lie on the same
side of those of all customers. What is true of a segment in this way is a trait of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from segmart.model import names_by_hand
from segmart.sentences import number

# A centroid so far from the mean of all, in standard deviations, is worth a word of its own.
TRAIT_Z = 0.5
# Nearer to the mean of all it is worth none. A word tells segments of one name apart where their
# centroids lie so far apart along its feature.
APART_Z = 0.25
# Near the middle: within the middle third of all customers.
MIDDLE = (1 / 3, 2 / 3)
# A median tells more or less than the typical customer where this share of all lies between them.
BETWEEN = 0.05
MOST_PHRASES = 6
# What the names of each kind score at least; those of the seed one more, the later the less. A kind
# is never better for a segment than the one above it.
OF_SEED, TWO_STRONG, ONE_STRONG, STRONG_AND_WEAK = 9, 5, 4, 3
ONE_WEAK, TWO_WEAK, WITH_MEDIAN, WITH_NUMBER = 2, 1, 0, -1
VALUE = "spend"
# Told already where the centroid is worth no word of its own.
TOLD_EARLY = (VALUE, "recency_days")
DEGREES = {"high": "higher", "low": "lower"}
WORDS = ["high_word", "high_phrase", "low_word", "low_phrase"]
NO_ACTION = "Read the profile, and decide from it what to do"
COLUMNS = {
    "segment_id": "int32",
    "segment_name": "string",
    "description": "string",
    "action": "string",
    "yielded_name": "string",
}


@dataclass(frozen=True)
class Trait:
    """What is true of a segment along a feature.

    Attributes:
        feature: its name.
        z: of the centroid, in standard deviations of all customers.
        between: share of all customers between the median and the typical customer.
        word: for a name, such as ``few orders``.
        phrase: for a sentence about what they do, with their median and that of all, such as
            ``have placed fewer orders (2 against 5)``.
    """

    feature: str
    z: float
    between: float
    word: str
    phrase: str

    def is_as_true_as(self, other: "Trait") -> bool:
        return (self.feature, self.z > 0) == (other.feature, other.z > 0) and (
            abs(self.z) >= abs(other.z) or self.between >= other.between
        )


@dataclass(frozen=True)
class Choice:
    """A name that is true of a segment.

    Attributes:
        score: the larger, the better it tells what the segment is.
        segment_id: of the segment.
        name: the name.
        claimed: features that it says they are above or below in.
        middle: features that it says they are near the middle in.
        action: what to do.
    """

    score: float
    segment_id: int
    name: str
    claimed: tuple[str, ...]
    middle: tuple[str, ...] = ()
    action: str = NO_ACTION

    @property
    def words(self) -> frozenset[str]:
        return names_by_hand.words_of(self.name)


def named(
    model: pd.DataFrame,
    catalog: pd.DataFrame,
    bases: pd.DataFrame,
    rules: pd.DataFrame,
    overrides: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A name of its own, a description and an action for each segment.

    Of a segment these names are true: those of the seed whose rules it meets; such a name with the
    word of a trait that sets the segment apart from the others that meet the rules; the words of
    two traits or of one; and, that there be enough, the best of these with a median. The names are
    then dealt out so that no two segments have the same.

    Args:
        model: rows of ``segment_model`` of one version.
        catalog: feature, label, unit and ``WORDS`` of the features; units and words may be missing.
        bases: rows of the seed ``segment_names``.
        rules: rows of the seed ``segment_name_rules``.
        overrides: rows of the seed ``segment_name_overrides``, as for ``names_by_hand.checked``.

    Returns:
        ``COLUMNS``, one row a segment. yielded_name is the name that the segment would have if a
        person had not given it to another one; missing where there is none.

    Raises:
        SegmentationError: an override is wrong.
    """
    segments = {
        int(segment_id): rows.set_index("feature")
        for segment_id, rows in _judged(model).groupby("segment_id")
    }
    words = _words(catalog, model["feature"].unique())
    traits = {segment_id: _traits(rows, words) for segment_id, rows in segments.items()}
    choices = [
        *_by_rules(segments, traits, bases, rules),
        *(
            choice
            for segment_id in segments
            for choice in _by_traits(segment_id, traits[segment_id])
        ),
    ]
    choices += _with_medians(segments, words, choices)
    by_hand = _by_hand(overrides, segments)
    taken = {names_by_hand.words_of(row["name"]) for row in by_hand.values()}
    made = _assigned(choices)
    chosen = _assigned(
        [choice for choice in choices if choice.segment_id in by_hand or choice.words not in taken]
    )
    descriptions = _descriptions(chosen, segments, traits, words)
    rows = []
    for segment_id, choice in sorted(chosen.items()):
        given = by_hand.get(segment_id, {})
        rows.append(
            {
                "segment_id": segment_id,
                "segment_name": given.get("name", choice.name),
                "description": given.get("description", descriptions[segment_id]),
                "action": given.get("action", choice.action),
                "yielded_name": (
                    made[segment_id].name
                    if segment_id not in by_hand and made[segment_id].words in taken
                    else None
                ),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _by_hand(
    overrides: pd.DataFrame | None, segments: Mapping[int, pd.DataFrame]
) -> dict[int, dict[str, str]]:
    """name, and where they are given description and action, by segment of the model."""
    if overrides is None:
        return {}
    return {
        int(row["segment_id"]): row.drop("segment_id").dropna().to_dict()
        for _, row in names_by_hand.checked(overrides).iterrows()
        if row["segment_id"] in segments
    }


def _assigned(choices: list[Choice]) -> dict[int, Choice]:
    """A choice for each segment and no name twice.

    The segment that would lose most by its second best name has its best one first: the
    approximation of an assignment by Reinfeld and Vogel, Mathematical Programming (1958). "a and b"
    is no other name than "b and a".
    """
    left = sorted(choices, key=lambda choice: (-choice.score, choice.segment_id))
    chosen: dict[int, Choice] = {}
    while left:
        of_segment: dict[int, list[Choice]] = {}
        for choice in left:
            of_segment.setdefault(choice.segment_id, []).append(choice)
        best = max(of_segment.values(), key=_loss)[0]
        chosen[best.segment_id] = best
        left = [
            choice
            for choice in left
            if choice.segment_id != best.segment_id and choice.words != best.words
        ]
    return chosen


def _loss(choices: list[Choice]) -> float:
    """By how much the second best choice of a segment is worse than the best."""
    return choices[0].score - choices[1].score if len(choices) > 1 else np.inf


def _judged(model: pd.DataFrame) -> pd.DataFrame:
    """The rows with side (1 above the typical customer, -1 below, 0 unsaid) and is_middle."""
    z, position = model["center_scaled"], model["median_position"]
    customers = model["sample_customers"].where(model["mean_raw"].notna())
    sums, customers_of_all = (
        values.groupby(model["feature"]).transform("sum")
        for values in (model["mean_raw"] * customers, customers)
    )
    mean_of_all = sums / customers_of_all
    is_above = (z > 0) & (position >= 0.5 + BETWEEN) & (model["mean_raw"] > mean_of_all)
    is_below = (z < 0) & (position <= 0.5 - BETWEEN) & (model["mean_raw"] < mean_of_all)
    side = np.where(position.isna(), np.sign(z), is_above.astype(int) - is_below.astype(int))
    of_feature = z.groupby(model["feature"])
    is_extreme = (z == of_feature.transform("max")) | (z == of_feature.transform("min"))
    largest = model["mean_raw"].groupby(model["feature"]).transform("max")
    has_most_value = (model["feature"] == VALUE) & (model["mean_raw"] == largest)
    # A model of an earlier version has no medians.
    is_middle = position.between(*MIDDLE) | (position.isna() & (z.abs() <= TRAIT_Z))
    return model.assign(
        side=side,
        is_middle=is_middle & ~has_most_value & ~(is_extreme & (side != 0) & (z.abs() >= APART_Z)),
    )


def _words(catalog: pd.DataFrame, features: np.ndarray) -> pd.DataFrame:
    """label, unit and ``WORDS`` by feature; words that are missing are made of the label."""
    words = catalog.set_index("feature")[["label", "unit", *WORDS]].reindex(features)
    words["label"] = words["label"].fillna(pd.Series(features, features))
    words["label"] = words["label"].str.strip()
    for degree, comparative in DEGREES.items():
        word, phrase = f"{degree} " + words["label"], f"are {comparative} in " + words["label"]
        words[f"{degree}_word"] = words[f"{degree}_word"].fillna(word)
        words[f"{degree}_phrase"] = words[f"{degree}_phrase"].fillna(phrase)
    return words


def _traits(rows: pd.DataFrame, words: pd.DataFrame) -> list[Trait]:
    """The strongest first."""
    found = []
    for feature, row in rows[rows["side"] != 0].iterrows():
        side = "high" if row["side"] > 0 else "low"
        word, phrase = words.loc[feature, [f"{side}_word", f"{side}_phrase"]]
        between = abs(row["median_position"] - 0.5)
        phrase += _in_brackets(row, words.loc[feature, "unit"])
        found.append(Trait(feature, row["center_scaled"], between, word, phrase))
    return sorted(found, key=lambda trait: (-abs(trait.z), trait.feature))


def _by_rules(
    segments: Mapping[int, pd.DataFrame],
    traits: Mapping[int, list[Trait]],
    bases: pd.DataFrame,
    rules: pd.DataFrame,
) -> Iterator[Choice]:
    """Names of the seed, plain and with a second word; the earlier in the seed the better.

    Of several segments that meet the rules of one name, the plain name is for the one of which it
    says the most and leaves the least unsaid.
    """
    step, names_of_seed = 1 / len(bases), set(bases["segment_name"])
    rules_of_seed = list(rules.itertuples())
    for place, base in bases.sort_values("priority", ignore_index=True).iterrows():
        own = [rule for rule in rules_of_seed if rule.segment_name == base["segment_name"]]
        met = {
            segment_id: rows
            for segment_id, rows in segments.items()
            if any(rule.feature in rows.index for rule in own)
            and all(_meets(rows, rule) for rule in own)
        }
        claimed = tuple(rule.feature for rule in own if _side(rule))
        middle = tuple(rule.feature for rule in own if _is_of_middle(rule))
        for segment_id in met:
            said = [t for t in traits[segment_id] if t.feature in claimed]
            untold = [t for t in traits[segment_id] if t.feature not in (*claimed, *middle)]
            score, name = OF_SEED + 1 - step * place, base["segment_name"]
            plain = Choice(
                score + step * (0.1 * _strength(said) - 0.2 * _strength(untold)),
                segment_id,
                name,
                claimed,
                middle,
                base["action"],
            )
            yield plain
            for trait in untold:
                apart = min(
                    (
                        np.sign(trait.z) * (trait.z - other.loc[trait.feature, "center_scaled"])
                        for one, other in met.items()
                        if one != segment_id
                    ),
                    default=0.0,
                )
                # A name of the seed has rules and an action of its own.
                is_of_seed = f"{name}, {trait.word}" in names_of_seed
                if min(apart, abs(trait.z)) >= APART_Z and not is_of_seed:
                    yield replace(
                        plain,
                        score=score - step * (0.7 - 0.1 * min(2.0, apart)),
                        name=f"{name}, {trait.word}",
                        claimed=(*claimed, trait.feature),
                    )


def _strength(traits: list[Trait]) -> float:
    """Of the strongest trait, from 0 to 2."""
    return min(2.0, max((abs(trait.z) for trait in traits), default=0.0))


def _side(rule: Any) -> int:
    """1 where a rule claims more than the typical customer has, -1 less, 0 neither."""
    return int(rule.minimum_z > 0) - int(rule.maximum_z < 0)


def _is_of_middle(rule: Any) -> bool:
    return not _side(rule) and pd.notna(rule.minimum_z) and pd.notna(rule.maximum_z)


def claims(rule: Any) -> bool:
    """Whether a rule says something of a segment, and does not only leave segments out.

    input_counts.sql lists the names that claim something of a feature that is not clustered.
    """
    return bool(_side(rule)) or _is_of_middle(rule) or pd.notna(rule.minimum_median)


def _meets(rows: pd.DataFrame, rule: Any) -> bool:
    if rule.feature not in rows.index:
        return not claims(rule)
    row = rows.loc[rule.feature]
    # A comparison with a bound that is missing is false.
    is_outside = (
        row["center_scaled"] < rule.minimum_z
        or row["center_scaled"] > rule.maximum_z
        or row["median_raw"] < rule.minimum_median
    )
    side = _side(rule)
    return (
        not is_outside
        and (not side or row["side"] == side)
        and (not _is_of_middle(rule) or row["is_middle"])
    )


def _by_traits(segment_id: int, traits: list[Trait]) -> Iterator[Choice]:
    """Words of two traits or of one; strong ones first."""
    traits = [trait for trait in traits if abs(trait.z) >= APART_Z]
    for first, second in combinations(traits, 2):
        # Small beside what tells a name of the seed from a word: who takes that hangs on it alone.
        strength = 0.05 * (_strength([first]) + _strength([second]))
        strong = sum(abs(trait.z) >= TRAIT_Z for trait in (first, second))
        score = strength + (TWO_WEAK, STRONG_AND_WEAK, TWO_STRONG)[strong]
        name = f"{first.word} and {second.word}"
        yield Choice(score, segment_id, name, (first.feature, second.feature))
    for trait in traits:
        score = ONE_STRONG if abs(trait.z) >= TRAIT_Z else ONE_WEAK
        score += 0.05 * _strength([trait])
        yield Choice(score, segment_id, trait.word, (trait.feature,))
    if not traits:
        yield Choice(ONE_WEAK, segment_id, "typical", ())


def _with_medians(
    segments: Mapping[int, pd.DataFrame], words: pd.DataFrame, choices: list[Choice]
) -> Iterator[Choice]:
    """The best name of each segment with the median of a feature, or else with its number."""
    for segment_id, rows in segments.items():
        best = max(
            (choice for choice in choices if choice.segment_id == segment_id),
            key=lambda choice: choice.score,
        )
        others = [other["center_scaled"] for one, other in segments.items() if one != segment_id]
        for feature, row in rows.dropna(subset=["median_raw"]).iterrows():
            apart = min((abs(row["center_scaled"] - other[feature]) for other in others), default=0)
            label, unit = words.loc[feature, ["label", "unit"]]
            yield replace(
                best,
                score=WITH_MEDIAN + min(0.9, apart),
                name=f"{best.name}, median {_inside(label)} {_figure(row['median_raw'], unit)}",
            )
        yield replace(best, score=WITH_NUMBER, name=f"{best.name} {segment_id}")


def _descriptions(
    chosen: Mapping[int, Choice],
    segments: Mapping[int, pd.DataFrame],
    traits: Mapping[int, list[Trait]],
    words: pd.DataFrame,
) -> dict[int, str]:
    """What each name claims and the strong traits beside it, with medians of the fit.

    What is said of one segment is said of every segment of which it is more true.
    """
    claimed = [
        trait
        for segment_id, choice in chosen.items()
        for trait in traits[segment_id]
        if trait.feature in choice.claimed
    ]
    texts = {}
    for segment_id, choice in chosen.items():
        told = [
            trait
            for trait in traits[segment_id]
            if trait.feature not in choice.middle
            and (
                abs(trait.z) >= (APART_Z if trait.feature in TOLD_EARLY else TRAIT_Z)
                or any(trait.is_as_true_as(other) for other in claimed)
            )
        ]
        told.sort(key=lambda trait: trait.feature not in choice.claimed)
        texts[segment_id] = _description(choice, segments[segment_id], told[:MOST_PHRASES], words)
    return texts


def _description(choice: Choice, rows: pd.DataFrame, told: list[Trait], words: pd.DataFrame) -> str:
    middle = [
        _inside(words.loc[feature, "label"]) + _in_brackets(row, words.loc[feature, "unit"])
        for feature, row in rows.iterrows()
        if row["is_middle"] and (feature in choice.middle or not told)
    ]
    parts = []
    if middle:
        parts.append(f"in the middle third of all customers by {_listed(middle)}")
    if told:
        parts.append(f"{_listed(_joined(told))} than the typical customer")
    text = "; ".join(parts) or "no clustered feature tells them from the typical customer"
    return text[0].upper() + text[1:]


def _joined(told: list[Trait]) -> list[str]:
    """The phrases, those made of labels as one: "are higher in visits and lower in age"."""
    phrases, of_labels = [trait.phrase for trait in told], []
    for comparative in DEGREES.values():
        start = f"are {comparative} in "
        objects = [phrase.removeprefix(start) for phrase in phrases if phrase.startswith(start)]
        if objects:
            phrases = [phrase for phrase in phrases if not phrase.startswith(start)]
            of_labels.append(f"{comparative} in {_listed(objects)}")
    return [*phrases, f"are {' and '.join(of_labels)}"] if of_labels else phrases


def _in_brackets(row: pd.Series, unit: Any) -> str:
    """The median of the segment against that of all, which stands where values are missing."""
    if pd.isna(row["median_raw"]):
        return ""
    own, of_all = (_figure(row[column], unit) for column in ("median_raw", "fill_value"))
    return f" ({own.removesuffix(' days')} against {of_all})"


def _figure(value: float, unit: Any) -> str:
    if pd.isna(unit):
        return number(value)
    if unit == "share":
        return f"{value:.1%}"
    return f"{number(value)} days" if unit == "days" else number(value)


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def _inside(label: str) -> str:
    """A label as it stands inside a sentence; abbreviations keep their letters."""
    return label[0].lower() + label[1:] if label[1:].islower() else label
