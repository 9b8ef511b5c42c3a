"""What an import is answered with, whether it is a success or a problem."""

from collections.abc import Mapping, Sequence

from application.rows import BadRow, ImportResult
from entrypoints.http.problems import HttpProblem, field_error, members_of


class ImportRejected(HttpProblem):
    """Some rows are bad, and nothing was stored. `errors` names the line, the field and the fault
    of the first 1 000 of them. Correct them, or send `on_error=skip` to have the others stored."""

    status = 400
    code = "import_rejected"
    title = "Nothing was imported"

    def __init__(self, result: ImportResult, bad_rows: Sequence[BadRow]) -> None:
        super().__init__(f"{result.rejected} of {result.rejected + result.good} rows are bad.")
        self.answer = import_answer(result, bad_rows)


@members_of.register
def _(error: ImportRejected) -> Mapping[str, object]:
    return error.answer


def import_answer(result: ImportResult, bad_rows: Sequence[BadRow]) -> dict[str, object]:
    errors = [{"line": each.line, **field_error(each.error)} for each in bad_rows]
    return {"imported": result.imported, "rejected": result.rejected, "errors": errors}
