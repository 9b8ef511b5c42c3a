"""A check of our own, which Schemathesis loads: what fits the document may be refused only for a
reason that no schema can put into words."""

import schemathesis

# The state of things, or the rights of the caller.
_STATUSES = {401, 403, 404, 409, 412, 429}
# Problems, and what is wrong with a field.
_REASONS = {
    "content_type_mismatch",
    "idempotency_key_reused",
    "import_rejected",
    "in_the_past",
    "inactive_user",
    "invalid_code",
    "invalid_cursor",
    "invalid_email",
    "invalid_sort",
    "invalid_token",
    "malformed_json",
    "range_not_satisfiable",
    "unsupported_media_type",
    "weak_password",
}


def refuses_for_a_reason(
    _ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Sound requests are answered, or told which rule beyond the schema they break."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code < 400 or response.status_code in _STATUSES:
        return
    problem = response.json()
    if problem["code"] in _REASONS:
        return
    # In attributes any JSON is welcome, but for what no string and no number here may be.
    faults = [
        each
        for each in problem.get("errors") or [problem]
        if not str(each.get("field", "")).endswith("attributes")
    ]
    assert {each["code"] for each in faults} <= _REASONS, (
        f"refused what the document allows: {response.text}"
    )


schemathesis.check(refuses_for_a_reason)
