"""Names that a person gives: what is wrong with a row, and what became of its segment."""

import pandas as pd
import pytest
from test_names import CATALOG, NAMES, RULES, rows

from segmart import SegmentationError, sentences
from segmart.engine.frames import typed
from segmart.model import lineage
from segmart.model.names import named
from segmart.model.names_by_hand import MOST_LETTERS, checked, unmet


def overrides(*given: tuple[str | None, ...]) -> pd.DataFrame:
    """Rows of the seed, as dbt reads it; what is not given is empty."""
    columns = ["segment_id", "name", "description", "action"]
    filled = [(*row, *[None] * (len(columns) - len(row))) for row in given]
    return pd.DataFrame(filled, columns=columns, dtype="string")


FITTED = rows(
    spend=[(1.2, 900, 800, 0.8), (0.0, 60, 50, 0.5), (-1.2, 10, 9, 0.1)],
    orders=[(1.2, 90, 80, 0.8), (0.0, 6, 5, 0.5), (-1.2, 1, 1, 0.1)],
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([("4.5", "x")], 'row of the name "x": segment_id is "4.5": write the number'),
        ([(None, "x")], "segment_id is empty"),
        ([("0", "x")], 'segment_id is "0"'),
        ([("1", "x"), ("1", "y")], 'segment_id 1: it stands twice, with the names "x" and "y"'),
        ([("1", None, "who")], "segment_id 1: name is empty: write a name, or take the row out"),
        ([("1", "\n ")], "segment_id 1: name is empty"),
        ([("2", "x" * (MOST_LETTERS + 1))], "segment_id 2: name .* has 61 letters: shorten it"),
        ([("1", "a\u200bb")], r"segment_id 1: name 'a\\u200bb' has a letter that cannot be"),
        ([("1", "A and b"), ("2", "b and a")], 'segment_id 2: name "b and a" is that of segment 1'),
    ],
)
def test_wrong_rows_are_said_with_the_row_and_what_to_do(given: list, said: str) -> None:
    with pytest.raises(SegmentationError, match=said):
        checked(overrides(*given))


def test_all_wrong_rows_are_said_at_once() -> None:
    with pytest.raises(SegmentationError) as error:
        checked(overrides(("1", None), ("x", "name")))
    assert str(error.value).count("seed segment_name_overrides") == 2


def test_what_is_left_empty_is_made() -> None:
    made = named(FITTED, CATALOG, NAMES, RULES)
    assert made["yielded_name"].isna().all()
    given = overrides(("3", " Of   our town\n"), ("1", "Darlings", "Love us", "Write to them"))
    found = named(FITTED, CATALOG, NAMES, RULES, given)
    assert found["segment_name"].tolist() == ["Darlings", made["segment_name"][1], "Of our town"]
    assert found["description"].tolist() == ["Love us", *made["description"][1:]]
    assert found["action"].tolist() == ["Write to them", *made["action"][1:]]
    assert sentences.names_by_hand(unmet(given, version(FITTED), lineage.none()), found) == []


def version(fitted: pd.DataFrame) -> pd.DataFrame:
    return fitted.assign(model_version="v4")


def test_a_made_name_gives_way_to_one_by_hand_and_this_is_said() -> None:
    first, *others = named(FITTED, CATALOG, NAMES, RULES)["segment_name"]
    found = named(FITTED, CATALOG, NAMES, RULES, overrides(("3", first.upper())))
    assert found["segment_name"].tolist()[1:] == [others[0], first.upper()]
    assert found["segment_name"].str.casefold().is_unique
    assert found["yielded_name"].dropna().to_dict() == {0: first}
    (said,) = sentences.names_by_hand(unmet(overrides(), version(FITTED), lineage.none()), found)
    assert said.startswith(f'names: "{first}" would be the name of segment 1')
    # Two who exchange their names take nothing from anybody.
    exchanged = named(FITTED, CATALOG, NAMES, RULES, overrides(("1", others[1]), ("3", first)))
    assert exchanged["segment_name"].tolist() == [others[1], others[0], first]
    assert exchanged["yielded_name"].isna().all()


# v1 has 1 to 5. v2: 4 is split into 6 and 7. v3, refused: 1 and 2 are merged into 8. v4, after v2:
# 5 and 6 are merged into 9, and 7 has ended. The active model is v4.
HISTORY = typed(
    [
        *({"segment_id": born, "event": "born", "model_version": "v1"} for born in range(1, 6)),
        *(
            {
                **{"segment_id": segment, "event": event, "from_segment_id": source},
                **{"model_version": model, "from_model_version": earlier},
            }
            for model, earlier, segment, event, source in [
                ("v2", "v1", 1, "continued", 1),
                ("v2", "v1", 6, "split", 4),
                ("v2", "v1", 7, "split", 4),
                ("v3", "v2", 8, "merged", 1),
                ("v3", "v2", 8, "merged", 2),
                ("v4", "v2", 1, "continued", 1),
                ("v4", "v2", 9, "merged", 5),
                ("v4", "v2", 9, "merged", 6),
                ("v4", "v2", None, "ended", 7),
            ]
        ),
    ],
    lineage.COLUMNS | lineage.VERSIONS,
)


@pytest.mark.parametrize(
    ("segment_id", "event", "said"),
    [
        (4, "split", "model v2 has split that segment into 6 and 7"),
        (6, "merged", "model v4 has merged that segment into 9"),
        (7, "ended", "that segment has ended with model v4"),
        (8, "elsewhere", "the active model v4 does not have that segment"),
        (10, "unknown", "no model has ever had a segment of that number"),
    ],
)
def test_a_row_that_names_nobody_is_said_with_what_became_of_the_segment(
    segment_id: int, event: str, said: str
) -> None:
    given = overrides((str(segment_id), "Ghosts"), ("1", "Here"))
    left_over = unmet(given, version(FITTED), HISTORY)
    assert left_over[["name", "event"]].to_numpy().tolist() == [["Ghosts", event]]
    found = named(FITTED, CATALOG, NAMES, RULES, given)
    (sentence,) = sentences.names_by_hand(left_over, found)
    assert sentence == (
        f'names: segment_id {segment_id}, "Ghosts", in the seed segment_name_overrides names '
        f"nobody: {said}. Write one of the numbers of today (1, 2, 3), or take the row out"
    )
