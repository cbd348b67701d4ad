"""What the report says of audiences: who, how many, since when, what it brought, and how sure."""

from collections.abc import Sequence

from segmart.audiences.outcomes import LESS, MORE, NO_DIFFERENCE, NOBODY_HELD_OUT, UNLIKELY_SPLIT

from .rows import Row
from .words import Words

# Shown, the latest first; the tables have all.
MOST_CARDS = 12


def audience_cards(definitions: Sequence[Row], outcomes: Sequence[Row], words: Words) -> list[Row]:
    """A card for each audience that has begun, the latest first.

    Args:
        definitions: rows of ``audience_definitions``.
        outcomes: rows of ``audience_outcomes``, of which those that decide are told.

    Returns:
        name, condition, action, sizes, dates, brought and sure; sure is None while there is nothing
        to be sure of.
    """
    decisive = {row["audience"]: row for row in outcomes if row["decides"]}
    begun = [row for row in definitions if row["audience"] in decisive]
    # Sorting keeps the order of the names for those of one day.
    begun.sort(key=lambda row: row["audience"])
    begun.sort(key=lambda row: row["started_on"], reverse=True)
    return [_card(row, decisive[row["audience"]], words) for row in begun]


def _card(definition: Row, outcome: Row, words: Words) -> Row:
    sizes = words(
        "audiences.sizes_value",
        target=words.number(outcome["target_customers"]),
        holdout=words.number(outcome["holdout_customers"]),
    )
    if outcome["beyond_limit_customers"]:
        sizes += " " + words("audiences.beyond_limit", count=outcome["beyond_limit_customers"])
    return {
        "name": definition["audience"],
        "condition": definition["condition"],
        "action": definition["action"],
        "sizes": sizes,
        "dates": words(
            "audiences.dates_value",
            since=words.date(definition["started_on"]),
            until=words.date(definition["ends_on"]),
        ),
        "brought": brought(outcome, words),
        "sure": how_sure(outcome, words),
    }


def brought(outcome: Row, words: Words) -> str:
    """What those contacted did more or less than those held out, with the interval.

    Args:
        outcome: the row of ``audience_outcomes`` that decides.
    """
    difference = outcome["adjusted_difference"]
    if outcome["verdict"] == NOBODY_HELD_OUT:
        return words("audiences.nobody_held_out")
    if outcome["measured_on"] is None:
        return words(
            "audiences.readable_from",
            date=words.date(outcome["readable_from"]),
            days=words.number(outcome["days"]),
        )
    if difference is None:
        return words("audiences.too_few")
    unit = "currency" if outcome["measure"] == "spend" else None
    said = words(
        f"audiences.{outcome['measure']}_{'less' if difference < 0 else 'more'}",
        days=words.number(outcome["days"]),
        difference=words.amount(abs(difference), unit),
        low=words.change(outcome["adjusted_difference_low"], unit),
        high=words.change(outcome["adjusted_difference_high"], unit),
    )
    if outcome["verdict"] in (MORE, LESS):
        total = words.change(difference * outcome["target_customers"], unit)
        said += " " + words("audiences.in_all", total=total)
    return said


def how_sure(outcome: Row, words: Words) -> str | None:
    """How far the difference can be relied on; None where there is none yet.

    Args:
        outcome: the row of ``audience_outcomes`` that decides.
    """
    said = []
    probability = outcome["adjusted_difference_probability"]
    if probability is not None:
        if outcome["verdict"] in (MORE, LESS):
            form = "chance" if probability >= 0.001 else "chance_small"
            said.append(words(f"audiences.{form}", share=words.percent(probability)))
        elif outcome["verdict"] == NO_DIFFERENCE:
            said.append(words("audiences.no_difference"))
        elif outcome["customers_needed"] is not None:
            said.append(words("audiences.needed", count=outcome["customers_needed"]))
        else:
            said.append(words("audiences.too_few"))
    split = outcome["split_probability"]
    if split is not None and split < UNLIKELY_SPLIT:
        said.append(words("audiences.uneven"))
    return " ".join(said) or None
