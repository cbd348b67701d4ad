"""Whether a build refits, and which model it makes active."""

import dataclasses

import pandas as pd
import pytest

from segmart.model.decision import Activation, Decision, Rules, activate, decide

FEATURES = pd.DataFrame({"feature": ["orders", "age"], "transform": ["log1p", "none"]})
CONFIGURATION = "k = 4; orders (log1p), age (none)"
RULES = Rules(
    k="4",
    refit=False,
    accept_model="none",
    max_model_age_days=90,
    drift_refit=0.25,
    drift_stop=1.0,
    refit_wait_days=7,
)
NAMED = "2024-01-01-0123abcd"


def version(name: str, **changes: object) -> dict:
    return {
        "model_version": name,
        "parent_version": None,
        "configuration": CONFIGURATION,
        "status": "active",
        "active_since": pd.Timestamp("2024-01-01"),
        "fitted_as_of": pd.Timestamp("2024-01-01"),
    } | changes


def refused(name: str = "v2", **changes: object) -> dict:
    of_v1 = {"parent_version": "v1", "status": "refused", "active_since": pd.NaT}
    return version(name, **(of_v1 | {"fitted_as_of": pd.Timestamp("2024-01-15")} | changes))


def decided(
    *others: dict, drift: float = 0.24, starting: str | None = "v1", **rules: object
) -> Decision:
    """The decision of 2024-01-21, where v1 has been active for 20 days."""
    versions = pd.DataFrame([version(starting or "v1"), *others])
    return decide(
        FEATURES,
        pd.DataFrame({"feature": ["age", "orders"], "drift": [0.1, drift]}),
        starting,
        versions if starting else versions[:0],
        pd.Timestamp("2024-01-21"),
        dataclasses.replace(RULES, **rules),
    )


def test_the_first_model_is_fitted() -> None:
    found = decided(starting=None)
    assert found == Decision(
        True, "there is no model yet", "refit, since there is no model yet", CONFIGURATION
    )


def test_nothing_calls_for_a_refit_at_the_last_day_and_just_under_the_drift() -> None:
    found = decided(max_model_age_days=20)
    assert (found.is_refit, found.reason) == (False, None)
    assert found.sentence == "no refit, nothing calls for one"


@pytest.mark.parametrize(
    ("rules", "drift", "reason"),
    [
        ({"refit": True, "k": "auto"}, 0.3, "refit is true"),
        (
            {"k": "auto"},
            0.3,
            f"features, transforms or k have changed, from {CONFIGURATION} to "
            "k = auto; orders (log1p), age (none)",
        ),
        (
            {"max_model_age_days": 19},
            0.3,
            "the model has been active for 20 days (max_model_age_days: 19)",
        ),
        ({}, 0.25, "orders has drifted by 0.25 (drift_refit: 0.25)"),
        ({"accept_model": "candidate"}, 0.24, "accept_model is candidate"),
    ],
)
def test_the_first_reason_that_holds_calls_for_a_refit(rules, drift, reason) -> None:
    found = decided(drift=drift, **rules)
    assert (found.is_refit, found.reason) == (True, reason)
    assert found.sentence == f"refit, since {reason}"


def test_a_refused_candidate_is_not_tried_again_for_some_days() -> None:
    found = decided(refused(), drift=0.3)
    assert not found.is_refit
    assert found.sentence == (
        "no refit, though orders has drifted by 0.3 (drift_refit: 0.25): candidate v2 was refused "
        "less than 7 days ago"
    )


@pytest.mark.parametrize(
    "other",
    [
        refused(fitted_as_of=pd.Timestamp("2024-01-14")),
        refused(parent_version="v0"),
        refused(configuration="k = 5"),
        refused(status="retired"),
    ],
    ids=["a week ago", "of another parent", "of another configuration", "not refused"],
)
def test_a_refusal_of_something_else_holds_nothing_back(other: dict) -> None:
    assert decided(other, drift=0.3).is_refit


@pytest.mark.parametrize("rules", [{"refit": True}, {"accept_model": "candidate"}])
def test_a_refusal_does_not_hold_back_a_person(rules: dict) -> None:
    assert decided(refused(), drift=0.3, **rules).is_refit


def test_a_model_that_a_person_names_is_not_fitted_over() -> None:
    found = decided(starting=NAMED, drift=0.3, refit=True, accept_model=NAMED)
    assert (found.is_refit, found.reason) == (False, None)
    assert found.sentence == f"no refit, though refit is true, since accept_model is {NAMED}"


def test_nothing_is_fitted_where_drift_stops_the_release() -> None:
    found = decided(drift=1.0, refit=True)
    assert not found.is_refit
    assert found.sentence == "nothing is fitted, since orders has drifted by 1.0: no release"
    assert decided(drift=1.0, accept_model="candidate").is_refit
    assert decided(drift=0.99).is_refit


def activated(
    candidate: str | None, starting: str | None, *known: str, failed: int = 0, accept: str = "none"
) -> Activation | None:
    activations = pd.DataFrame({"model_version": known})
    return activate(candidate, failed, starting, activations, accept)


def test_the_first_model_needs_no_gate() -> None:
    assert activated("v1", None) == Activation("v1", "first", "the first model")


def test_a_candidate_whose_gates_hold_is_active() -> None:
    assert activated("v2", "v1", "v1") == Activation("v2", "gates", "all gates hold")


def test_one_gate_is_enough_to_refuse() -> None:
    assert activated("v2", "v1", "v1", failed=1) is None


def test_a_person_accepts_what_this_build_fits_in_spite_of_its_gates() -> None:
    found = activated("v2", "v1", "v1", failed=1, accept="candidate")
    assert found == Activation("v2", "person", "a person accepted it")


def test_a_person_accepts_one_that_was_refused() -> None:
    assert activated(None, "v2", "v1") == Activation("v2", "person", "a person accepted it")


def test_a_person_goes_back_to_one_that_was_active() -> None:
    found = activated(None, "v1", "v1", "v3")
    assert found == Activation("v1", "person", "a person went back to it")


def test_without_a_candidate_the_active_model_is_not_activated_again() -> None:
    assert activated(None, "v1", "v1", accept="candidate") is None
