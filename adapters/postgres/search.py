"""Words that are looked for in a column of lexemes, and how well a row has them."""

from sqlalchemy import REAL, ColumnElement, Text, bindparam, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

_ALL_BEGUN = func.to_tsquery("simple", bindparam("q", type_=Text))
_ANY_WHOLE = func.to_tsquery(
    "simple", func.replace(func.replace(bindparam("q", type_=Text), ":*", ""), "&", "|")
)
_EVERYWHERE_ALIKE = cast(literal("{1,1,1,1}", Text), ARRAY(REAL))


def has_words(search: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """For the filter `q`."""
    return search.bool_op("@@")(_ALL_BEGUN)


def rank(
    first: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    search: InstrumentedAttribute[str],
) -> ColumnElement[object]:
    """A word of the `first` column counts ten times one of the others that are searched, and a
    whole word as often again as its beginning."""
    in_first = func.to_tsvector("simple", func.coalesce(first, ""))
    terms = [
        func.ts_rank(_EVERYWHERE_ALIKE, in_first, _ALL_BEGUN),
        func.ts_rank(_EVERYWHERE_ALIKE, in_first, _ANY_WHOLE),
        func.ts_rank(search, _ALL_BEGUN),
        func.ts_rank(search, _ANY_WHOLE),
    ]
    return cast(sum(terms[1:], terms[0]), REAL)
