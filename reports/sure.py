"""How far to trust the segments: groups, borders, drift, the checks of a model, what came of it."""

from typing import Any

from .rows import Row, segment_labels
from .words import Words

# A share that is explained by so much more or less is about the same.
ABOUT_THE_SAME = 0.03
# More segments are counted, not named.
MOST_NAMED = 3


def how_sure(verdict: Row, border: float | None, segments: list[Row], words: Words) -> str:
    """Whether there are groups, how many are near a border, and which segments are less sure."""
    kind = verdict.get("verdict")
    said = words(f"know.trust_{kind if kind in ('clusters', 'unclear') else 'continuum'}")
    if border is not None:
        said += " " + words("know.border", share=words.percent(border))
    names = segment_labels(segments)
    for trust, form in (("soft", "soft"), ("do not act on this", "not_to_act")):
        own = [
            words(
                "know.quoted_soft" if form == "soft" else "know.quoted",
                segment=names[row["segment_id"]],
                share=words.percent(row["bootstrap_jaccard"], 0),
            )
            for row in segments
            if row["trust"] == trust
        ]
        if own and len(own) == len(segments):
            # Of all soft ones none is softer.
            return said if form == "soft" else f"{said} {words('know.decide_few')}"
        if own:
            some = words("know.some", count=len(own))
            listed = ", ".join(own) if len(own) <= MOST_NAMED else some
            said += " " + words(f"know.{form}", segments=listed)
    return said


def shifts(
    drift: list[Row],
    segments: list[Row],
    labels: dict[str, str],
    share_shift_warn: float,
    words: Words,
) -> list[str]:
    """What has changed since the model was made, and what it means for who reads the report.

    Args:
        drift: rows of ``feature_drift``.
        labels: names of features.
        share_shift_warn: the var.
    """
    said = []
    for level, form in (("warn", "drift"), ("refit", "drift_due"), ("stop", "drift_far")):
        names = [
            labels.get(row["feature"], row["feature"]) for row in drift if row["level"] == level
        ]
        if names:
            said.append(words(f"know.{form}", features=", ".join(names)))
    names = segment_labels(segments)
    for row in segments:
        shift = row["share_shift"]
        if shift is not None and abs(shift) > share_shift_warn:
            said.append(
                words(
                    "know.shift",
                    segment=names[row["segment_id"]],
                    before=words.percent(row["customer_share"] - shift),
                    now=words.percent(row["customer_share"]),
                )
            )
    return said


def borders(rows: list[Row], labels: dict[Any, str], words: Words) -> tuple[float | None, Row]:
    """The share of all customers near a border, and of each segment who is near to which.

    Args:
        rows: of ``segment_borders``.
    """
    found: Row = {}
    for row in sorted(
        rows, key=lambda row: (-row["customers_near_border"], row["runner_up_segment_id"])
    ):
        own = found.setdefault(
            row["segment_id"], {"near": 0, "customers": 0, "next": [], "lines": []}
        )
        own["near"] += row["customers_near_border"]
        own["customers"] += row["customers"]
        if row["customers_near_border"]:
            name = labels.get(row["runner_up_segment_id"], str(row["runner_up_segment_id"]))
            own["next"].append((name, row["customers_near_border"]))
    for own in found.values():
        own["share"] = own["near"] / own["customers"]
        own["nearest"] = own["next"][0][0] if own["next"] else None
        own["lines"] = [
            words(
                "detail.border_value",
                count=near,
                customers=words.number(own["customers"]),
                segment=name,
            )
            for name, near in own.pop("next")
        ]
    total = sum(own["customers"] for own in found.values())
    near = sum(own["near"] for own in found.values())
    return (near / total if total else None), found


def checks(versions: list[Row], gates: list[Row], words: Words) -> str | None:
    """How the model in use came to be it: by the gates, against them, or as the first one.

    Args:
        versions: rows of ``model_versions``.
        gates: rows of ``model_gates``.
    """
    active = next((row for row in versions if row["status"] == "active"), None)
    if active is None:
        return None
    date = words.date(active["fitted_as_of"])
    count = sum(row["model_version"] == active["model_version"] for row in gates)
    if not count:
        return words("sure.checks_none", date=date)
    failed = _failed(active, gates, words)
    form = "sure.checks_failed" if failed else "sure.checks_passed"
    return words(form, date=date, count=count, failed=failed)


def _failed(version: Row, gates: list[Row], words: Words) -> str:
    """The gates that a model has not passed, in words; nothing where it has passed all."""
    return "; ".join(
        words(
            f"gates.{row['gate']}",
            value=words.percent(row["value"]),
            threshold=words.percent(row["threshold"]),
        )
        for row in gates
        if row["model_version"] == version["model_version"] and not row["holds"]
    )


def outcomes(explained: list[Row], words: Words) -> list[str]:
    """How well the segments told what customers did next, beside simpler ways to group them.

    Args:
        explained: rows of ``outcomes_explained``; the last date that was measured counts.
    """
    last = max((row["as_of"], row["measured_on"], row["outcome_days"]) for row in explained)
    rows = {
        row["explained_by"]: row
        for row in explained
        if (row["as_of"], row["measured_on"], row["outcome_days"]) == last
    }
    said = []
    for outcome in ("spend", "discount_share"):
        shares = {name: row[f"{outcome}_explained"] for name, row in rows.items()}
        own = shares.pop("segments", None)
        compared = [
            words(f"outcomes.{_beside(own, share)}", share=words.percent(share), other=other)
            for name, share in sorted(shares.items(), reverse=True)
            if None not in (own, share)
            for other in [words(f"outcomes.{name}", groups=rows[name]["groups"])]
        ]
        if compared:
            said.append(
                words(
                    f"outcomes.{outcome}",
                    date=words.date(last[0]),
                    days=last[2],
                    share=words.percent(own),
                    compared=", ".join(compared),
                )
            )
    return said


def _beside(own: float, other: float) -> str:
    """Whether the segments explain more than another grouping."""
    if abs(own - other) <= ABOUT_THE_SAME:
        return "same"
    return "more" if own > other else "less"


def decisions(
    warnings: list[Row],
    versions: list[Row],
    gates: list[Row],
    findings: list[Row],
    words: Words,
) -> list[str]:
    """What a person has to decide: a model that waits, an input that looks wrong.

    Args:
        warnings: rows of ``build_warnings``, which names the one that waits.
        versions: rows of ``model_versions``.
        gates: rows of ``model_gates``.
        findings: rows of ``input_check``.
    """
    waiting = {row["model_version"] for row in warnings if row["level"] == "decide"}
    said = [
        words(
            "know.decide_candidate",
            date=words.date(row["fitted_as_of"]),
            why=_failed(row, gates, words) or row["refused_because"],
            command=f"uv run dbt build --vars '{{accept_model: {row['model_version']}}}'",
        )
        for row in versions
        if row["model_version"] in waiting
    ]
    # Sentences of the build about its input.
    return said + [
        words("know.decide_input", sentence=row["finding"]) for row in findings if row["is_warning"]
    ]
