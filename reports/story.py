"""What the report says, made from the tables: sentences, cards, changes and profiles."""

import json
import math
import statistics
from collections.abc import Iterable
from typing import Any

from .rows import Row, feature_key, first_row, segment_labels, sort_key
from .words import Words

TRAITS = 3
# In standard deviations: what is nearer to all customers is no trait.
LEAST_TRAIT = 0.2
FLOWS_SHOWN = 10
ATTRIBUTES_A_SEGMENT = 3
ATTRIBUTES_SHOWN = 15
CATEGORIES_A_SEGMENT = 10
# What is less more common is no news.
LEAST_LIFT = 1.2
# Fewer would tell of single customers.
FEWEST_MOVERS = 5
# Of the normal distribution: 95 in 100 intervals hold the truth.
INTERVAL = 1.96


def in_order_of_value(segments: list[Row]) -> list[Row]:
    """The segments, those with the most revenue first; without revenue by their numbers."""
    return sorted(segments, key=lambda row: (-(row["revenue"] or 0), sort_key(row["segment_id"])))


def compared(profiles: list[Row]) -> list[Row]:
    """The profiles with ``value`` and ``typical``, what a segment and all customers have.

    These are the medians; where most customers have none at all, the averages.
    """
    features: dict[Any, list[Row]] = {}
    for row in sorted(profiles, key=feature_key):
        features.setdefault(row["feature"], []).append(row)
    done = []
    for rows in features.values():
        is_average = all(row["median"] in (0, None) for row in rows)
        weights = [(row["mean"], row["customers_known"]) for row in rows if row["mean"] is not None]
        known = sum(weight for _, weight in weights)
        average = sum(mean * weight for mean, weight in weights) / known if known else None
        for row in rows:
            value = row["mean"] if is_average else row["median"]
            typical = average if is_average else row["population_median"]
            done.append(row | {"value": value, "typical": typical, "is_average": is_average})
    return done


def traits(profiles: list[Row], words: Words) -> list[str]:
    """What sets one segment apart, the furthest from all customers first.

    What the segments were formed by comes before what is only described.
    """
    far = [row for row in profiles if abs(row["z_score"] or 0) >= LEAST_TRAIT]
    far.sort(key=lambda row: (not row["is_clustered"], -abs(row["z_score"]), str(row["feature"])))
    said = [text for row in far if (text := words.trait(row))]
    return said[:TRAITS]


class Changes:
    """Who was in which segment at one time and another.

    Args:
        pairs: from_segment_id and to_segment_id (None for customers without one) and customers.
        since, until: the dates of the reports compared, as 2018-01-31; the same one where there is
            nothing to compare.
        is_release: whether the earlier one is the last release.
    """

    def __init__(
        self,
        pairs: list[Row],
        since: str | None,
        until: str | None,
        *,
        is_release: bool = False,
    ) -> None:
        self.counts: dict[tuple[Any, Any], int] = {}
        for row in pairs:
            pair = row["from_segment_id"], row["to_segment_id"]
            self.counts[pair] = self.counts.get(pair, 0) + row["customers"]
        self.since, self.until, self.is_release = since, until, is_release
        self.is_known = bool(pairs) and since != until

    def size(self, segment: Any, side: int) -> int:
        """Customers of a segment before (side 0) or now (side 1)."""
        return sum(count for pair, count in self.counts.items() if pair[side] == segment)

    def moved(self, segment: Any = None, side: int | None = None) -> int:
        """Customers who went from one segment to another; of one segment those on that side."""
        return sum(
            count
            for pair, count in self.counts.items()
            if pair[0] != pair[1] and None not in pair and (side is None or pair[side] == segment)
        )

    def stood(self) -> int:
        """Customers who had a segment both times."""
        return sum(count for pair, count in self.counts.items() if None not in pair)

    def flows(self) -> list[tuple[Any, Any, int]]:
        """From, to and customers of every change, the largest first."""
        found = [(*pair, count) for pair, count in self.counts.items() if pair[0] != pair[1]]
        return sorted(found, key=lambda flow: (-flow[2], *(sort_key(at) for at in flow[:2])))


def named(segment: Any, labels: dict[Any, str], words: Words, missing: str) -> str:
    """The name of a segment, also of one that has ended, or of customers without one."""
    if segment is None:
        return words(f"page.{missing}")
    return labels.get(segment) or words("page.ended", id=segment)


def _changed(changes: Changes, labels: dict[Any, str], words: Words) -> str:
    """How many have changed segment, the largest change, and who came and left."""
    form = "since_release" if changes.is_release else "since"
    since = words(f"know.{form}", date=words.date(changes.since))
    moved, stood = changes.moved(), changes.stood()
    if moved:
        origin, target, count = next(flow for flow in changes.flows() if None not in flow[:2])
        largest = words(
            "know.flow",
            count=count,
            origin=named(origin, labels, words, "new_customers"),
            target=named(target, labels, words, "gone"),
            share=words.percent(count / changes.size(origin, 0)),
        )
        said = words(
            "know.moved",
            since=since,
            count=moved,
            customers=words.number(stood),
            share=words.percent(moved / stood),
            largest=largest,
        )
    else:
        said = words("know.moved_none", since=since)
    arrived, left = changes.size(None, 0), changes.size(None, 1)
    if arrived or left:
        said += " " + words(
            "know.came",
            arrived=words("know.arrived", count=arrived),
            left=words("know.left", count=left),
        )
    return said


def _best_segment(changes: Changes, top: Any, labels: dict[Any, str], words: Words) -> str:
    """What became of the best segment; nothing where nobody left it or came to it."""
    before, lost, won = changes.size(top, 0), changes.moved(top, 0), changes.moved(top, 1)
    if not before or not (lost or won):
        return ""
    return " " + words(
        "know.top",
        segment=labels.get(top, top),
        before=words.number(before),
        lost=words.number(lost),
        share=words.percent(lost / before),
        won=words.number(won),
    )


def what_to_know(
    segments: list[Row],
    profiles: list[Row],
    periods: list[Changes],
    causes: dict[str, int],
    sure: list[str],
    decisions: list[str],
    words: Words,
) -> list[str]:
    """Three to five points, each made from figures.

    Args:
        segments: in the order of their value.
        profiles: of all segments, compared.
        periods: changes since about a month ago and since the last release, the former first.
        causes: moves of the longer period by cause.
        sure: how far to trust it, and what has changed since the model was made.
        decisions: what a person has to decide.
    """
    if not segments:
        return []
    labels = segment_labels(segments)
    top = segments[0]
    name = labels[top["segment_id"]]
    said = []
    if top["revenue_share"] is not None:
        said.append(
            words(
                "know.spread",
                segment=name,
                customers=words.percent(top["customer_share"]),
                revenue=words.percent(top["revenue_share"]),
                money=words.money(top["revenue"]),
            )
        )
    else:
        largest = max(segments, key=lambda row: row["customer_share"])
        said.append(
            words(
                "know.spread_size",
                segment=labels[largest["segment_id"]],
                customers=words.percent(largest["customer_share"]),
            )
        )
    known = [period for period in periods if period.is_known]
    if not known:
        said.append(words("know.first"))
    else:
        said.extend(_changed(period, labels, words) for period in known)
        said[1] += _best_segment(known[0], top["segment_id"], labels, words)
        if causes.get("refit"):
            said[1] += " " + words("know.refit", count=causes["refit"])
    others = [
        row
        for row in profiles
        if row["segment_id"] != top["segment_id"]
        and row["is_clustered"]
        and (row["z_score"] or 0) > LEAST_TRAIT
        and words.trait(row)
    ]
    if others:
        far = max(others, key=lambda row: row["z_score"])
        form = "stands_out" if far["feature"] in words.texts["traits"] else "stands_out_generic"
        text = words(f"know.{form}", segment=labels[far["segment_id"]], trait=words.trait(far))
        said[0] += " " + text
    said.append(words("know.sure", said=" ".join(sure)))
    return said + (decisions or [words("know.decide_nothing")])


def since_last_release(
    moves: list[Row], segments: list[Row], history: list[Row], until: str | None
) -> Changes:
    """The changes since the last release of an earlier date.

    Args:
        moves: rows of ``recent_moves``.
        segments: rows of ``segments``, as they are now.
        history: rows of ``segment_history``.
        until: the date of this build.
    """
    earlier = [row["as_of"] for row in history if str(row["as_of"]) < str(until)]
    pairs = [row for row in moves if row["as_of"] == until]
    for segment in segments:
        identifier = segment["segment_id"]
        came = sum(row["customers"] for row in pairs if row["to_segment_id"] == identifier)
        stayed = segment["customers"] - came
        pairs.append(
            {
                "from_segment_id": identifier,
                "to_segment_id": identifier,
                "customers": stayed,
            }
        )
    return Changes(pairs, max(earlier, default=until), until, is_release=True)


def over_time(history: list[Row], most: int = 60) -> list[Row]:
    """The history of the last dates; where there are more than so many, every second or third."""
    dates = sorted({row["as_of"] for row in history})[-366:]
    kept = set(dates[:: -math.ceil(len(dates) / most) or -1])
    return [row for row in history if row["as_of"] in kept]


def reasons(
    moves: list[Row], profiles: list[Row], model: list[Row], labels: dict[Any, str], words: Words
) -> list[Row]:
    """Of each change of five customers or more, the largest first, the feature that changed most.

    Args:
        moves: rows of ``recent_move_features``.
        profiles: of all segments: the label and the unit of each feature.
        model: rows of the active model: the scale of each feature.

    Returns:
        line, segment_id, feature, before and after, as they are read.
    """
    described = {row["feature"]: row for row in profiles}
    pairs: dict[tuple[Any, Any], list[tuple[Row, Row]]] = {}
    for row in moves:
        before, after = (
            json.loads(row[name] or "{}") for name in ("features_before", "features_after")
        )
        pairs.setdefault((row["from_segment_id"], row["to_segment_id"]), []).append((before, after))
    found = []
    for (origin, target), both in sorted(pairs.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if len(both) < FEWEST_MOVERS:
            continue
        furthest = 0.0
        line: Row = {}
        for row in model:
            feature = described.get(row["feature"])
            sides = [
                _median(side.get(row["feature"]) for side in at) for at in zip(*both, strict=True)
            ]
            if feature is None or None in sides or not row["scale"]:
                continue
            before, after = (words.bare(side, feature["unit"]) for side in sides)
            if row["transform"] == "log1p":
                sides = [math.log1p(max(side, 0)) for side in sides]
            distance = abs(sides[0] - sides[1]) / row["scale"]
            if distance > furthest and before != after:
                furthest = distance
                line = {
                    "line": f"{named(origin, labels, words, 'new_customers')} → "
                    f"{named(target, labels, words, 'gone')}",
                    "segment_id": origin,
                    "feature": words.label(feature),
                    "before": before,
                    "after": after,
                }
        if line:
            found.append(line)
    return found


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def bought_more(categories: list[Row], words: Words) -> dict[Any, list[str]]:
    """What the customers of each segment buy clearly more than all, the strongest first.

    Clearly: the lift is ``LEAST_LIFT`` or more, and the lower end of its interval above 1.
    """
    found: dict[Any, list[str]] = {}
    clear = [row for row in categories if (row["lift_low"] or 0) > 1 and row["lift"] >= LEAST_LIFT]
    for row in sorted(clear, key=lambda row: (-row["lift"], str(row["category"]))):
        own = found.setdefault(row["segment_id"], [])
        if len(own) < CATEGORIES_A_SEGMENT:
            times = words("profiles.bought", times=words.fixed(row["lift"], 1))
            own.append(f"{row['category']} ({times})")
    return found


def over_represented(attributes: list[Row], words: Words) -> list[Row]:
    """The values that are clearly more common in a segment than among all, the strongest first.

    Clearly: the lower end of Wilson's interval of the share in the segment is above the share
    among all customers. Source: https://doi.org/10.1080/01621459.1927.10502953
    """
    found = []
    for row in attributes:
        share, usual = row["share"], row["population_share"]
        if not share or not usual:
            continue
        known = row["customers"] / share
        square = INTERVAL**2 / known
        spread = INTERVAL * math.sqrt((share * (1 - share) + square / 4) / known)
        low = (share + square / 2 - spread) / (1 + square)
        if low > usual:
            found.append(
                row
                | {
                    "low": low / usual,
                    "times": words(
                        "profiles.times_value",
                        times=words.fixed(row["lift"], 1),
                        share=words.percent(share),
                        population=words.percent(usual),
                    ),
                }
            )
    found.sort(key=lambda row: (-row["low"], str(row["attribute"]), str(row["value"])))
    kept: dict[Any, int] = {}
    for row in found:
        row["place"] = kept[row["segment_id"]] = kept.get(row["segment_id"], 0) + 1
    return [row for row in found if row["place"] <= ATTRIBUTES_A_SEGMENT][:ATTRIBUTES_SHOWN]


def month(rows: dict[str, list[Row]]) -> Changes:
    """The changes since the last build of migration_days ago or before.

    Where the history is shorter, those since its first build. ``segment_migrations`` compares with
    a day, and whoever reads it with the build that stood on that day.
    """
    pairs = rows["segment_migrations"]
    first = first_row(pairs)
    builds = [
        row["as_of"]
        for row in rows.get("segment_history", [])
        if pairs and row["as_of"] <= first["from_as_of"]
    ]
    return Changes(pairs, max(builds, default=first["from_as_of"]), first["to_as_of"])


def recent_days(history: list[Row]) -> int | None:
    """The days of the revenue over time; None where it is not known on two dates."""
    known = [row for row in history if row["recent_revenue"] is not None]
    return known[-1]["recent_days"] if len({row["as_of"] for row in known}) > 1 else None
