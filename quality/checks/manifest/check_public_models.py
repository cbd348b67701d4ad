"""Checks that dbt-bouncer has not: of public models, and a rule of dbt-project-evaluator.

dbt-bouncer loads this file in its own environment; the project does not.
"""

from dbt_bouncer.check_framework.decorator import check, fail


@check
def check_public_model_has_key_test(model, ctx):
    """Public models must have a test that their key is unique, and null in no row."""
    if model.access != "public":
        return
    tests = ctx.tests_by_attached_node.get(model.unique_id, [])
    arguments = [
        test.test_metadata.kwargs
        for test in tests
        if test.test_metadata and test.test_metadata.name == "table_constraints"
    ]
    keys = [key for each in arguments for key in each.get("unique", [])]
    if not keys:
        fail(f"`{model.name}` has no test of a key.")
    tested = {column for each in arguments for column in each.get("not_null", [])}
    refused = {
        name
        for name, column in model.columns.items()
        if any(constraint.type == "not_null" for constraint in column.constraints or [])
    }
    for column in {column for key in keys for column in key} - tested - refused:
        fail(f"`{model.name}` may have null in `{column}`, which is of its key.")


@check
def check_public_model_persists_docs(model):
    """Public models must write their descriptions into the database."""
    if model.access == "public" and model.config.persist_docs != {
        "relation": True,
        "columns": True,
    }:
        fail(f"`{model.name}` does not persist its descriptions.")


@check
def check_public_model_has_group(model):
    """Public models must have a group, and with it an owner."""
    if model.access == "public" and not model.config.group:
        fail(f"`{model.name}` has no group.")


@check
def check_model_fanout_of_leaves(model, ctx, *, max_leaves: int = 2):
    """fct_model_fanout of dbt-project-evaluator counts children that have no children."""

    def children(unique_id):
        found = ctx.children_by_unique_id.get(unique_id, [])
        return [child.unique_id for child in found if child.resource_type == "model"]

    leaves = [child for child in children(model.unique_id) if not children(child)]
    if len(leaves) > max_leaves:
        fail(f"`{model.name}` has {len(leaves)} children without children: {sorted(leaves)}.")
