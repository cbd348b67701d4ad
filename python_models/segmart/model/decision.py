"""Whether a build fits a candidate, and which model is active after it."""

from dataclasses import dataclass

import pandas as pd

from segmart import sentences


@dataclass(frozen=True)
class Rules:
    """When a build refits: the vars of the same names.

    Attributes:
        k: ``auto`` or a whole number, as text.
        refit: whether a person asks for a refit.
        accept_model: ``none``, ``candidate``, or the version that a person has named.
        max_model_age_days: days that a model may be active.
        drift_refit: drift of a feature that calls for a refit, see ``feature_drift``.
        drift_stop: drift of a feature for which there is no release, so nothing is fitted for it.
        refit_wait_days: days that a candidate of the same configuration is not tried again for.
    """

    k: str
    refit: bool
    accept_model: str
    max_model_age_days: int
    drift_refit: float
    drift_stop: float
    refit_wait_days: int

    @property
    def is_named(self) -> bool:
        """Whether a person has named a model, which is then not fitted over."""
        return self.accept_model not in ("none", "candidate")


@dataclass(frozen=True)
class Decision:
    """Whether the build refits.

    Attributes:
        is_refit: whether it does.
        reason: what calls for a refit, also where a recent refusal holds it back; None for nothing.
        sentence: what the build does and why.
        configuration: the var k, the clustered features and their transforms.
    """

    is_refit: bool
    reason: str | None
    sentence: str
    configuration: str


def decide(
    features: pd.DataFrame,
    drift: pd.DataFrame,
    starting_version: str | None,
    versions: pd.DataFrame,
    as_of: pd.Timestamp,
    rules: Rules,
) -> Decision:
    """Decide whether the build fits a candidate.

    Args:
        features: feature and transform of the clustered features, in order.
        drift: feature and drift, one row a feature of the starting model.
        starting_version: the model that scores unless there is a refit; None before the first one.
        versions: rows of ``model_versions`` of the last release.
        as_of: date of the build.
        rules: of refits.
    """
    configuration = sentences.configuration(rules.k, features)
    reason = _reason(configuration, drift, starting_version, versions, as_of, rules)
    largest = drift.loc[drift["drift"].idxmax()] if len(drift) else None
    if (
        largest is not None
        and largest["drift"] >= rules.drift_stop
        and rules.accept_model != "candidate"
    ):
        sentence = sentences.stopped_by_drift(largest["feature"], largest["drift"])
        return Decision(False, reason, sentence, configuration)
    if rules.is_named:
        sentence = sentences.no_refit(named=starting_version, is_asked=rules.refit)
        return Decision(False, reason, sentence, configuration)
    refused = _recent_refusal(configuration, starting_version, versions, as_of, rules)
    if reason is None or refused:
        sentence = sentences.no_refit(
            reason=reason, refused=refused, wait_days=rules.refit_wait_days
        )
        return Decision(False, reason, sentence, configuration)
    return Decision(True, reason, sentences.refit(reason), configuration)


def _reason(
    configuration: str,
    drift: pd.DataFrame,
    starting_version: str | None,
    versions: pd.DataFrame,
    as_of: pd.Timestamp,
    rules: Rules,
) -> str | None:
    """The first thing that calls for a refit."""
    if starting_version is None:
        return "there is no model yet"
    if rules.is_named:
        return None
    if rules.refit:
        return "refit is true"
    starting = versions[versions["model_version"] == starting_version].iloc[0]
    if configuration != starting["configuration"]:
        return sentences.configuration_changed(starting["configuration"], configuration)
    # Since the fit, or since a person's later choice, which the next day would otherwise undo.
    age = (as_of - pd.Timestamp(starting["active_since"])).days
    if age > rules.max_model_age_days:
        return sentences.model_is_old(age, rules.max_model_age_days)
    if len(drift) and drift["drift"].max() >= rules.drift_refit:
        largest = drift.loc[drift["drift"].idxmax()]
        return sentences.has_drifted(largest["feature"], largest["drift"], rules.drift_refit)
    return "accept_model is candidate" if rules.accept_model == "candidate" else None


def _recent_refusal(
    configuration: str,
    starting_version: str | None,
    versions: pd.DataFrame,
    as_of: pd.Timestamp,
    rules: Rules,
) -> str | None:
    """The candidate that was refused a few days ago: the same one would be refused again."""
    if versions.empty or rules.refit or rules.accept_model == "candidate":
        return None
    days = (as_of - pd.to_datetime(versions["fitted_as_of"])).dt.days
    refused = versions[
        (versions["status"] == "refused")
        & (versions["parent_version"] == starting_version)
        & (versions["configuration"] == configuration)
        & (days < rules.refit_wait_days)
    ].sort_values(["fitted_as_of", "model_version"])
    return None if refused.empty else str(refused["model_version"].iloc[-1])


@dataclass(frozen=True)
class Activation:
    """A model that is made active by this build.

    Attributes:
        model_version: the model.
        decided_by: first, gates or person.
        reason: the same in words.
    """

    model_version: str
    decided_by: str
    reason: str


def activate(
    candidate_version: str | None,
    failed_gates: int,
    starting_version: str | None,
    activations: pd.DataFrame,
    accept_model: str,
) -> Activation | None:
    """The model that this build makes active; None when the active one stays.

    Args:
        candidate_version: of what was fitted; None without a refit.
        failed_gates: of the candidate.
        starting_version: the model that the build starts with.
        activations: rows of ``model_activations`` of the last release, in order.
        accept_model: the var.
    """
    known = [] if activations.empty else activations["model_version"].tolist()
    by_person = known and starting_version != known[-1]
    version = starting_version if by_person else candidate_version
    if version is None:
        return None
    if starting_version is None:
        return Activation(version, "first", "the first model")
    if not by_person and not failed_gates:
        return Activation(version, "gates", "all gates hold")
    if by_person or accept_model == "candidate":
        again = version in known
        reason = "a person went back to it" if again else "a person accepted it"
        return Activation(version, "person", reason)
    return None
