"""What all tables have in common."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import DateTime, MetaData, Table, Text, Uuid
from sqlalchemy.orm import DeclarativeBase


class Row(DeclarativeBase):
    """Declares tables for statements and migrations; never loaded as an object."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[type, object]] = {
        datetime: DateTime(timezone=True),
        # Compared by code point, whatever the locale of the server, so that pages never shift.
        str: Text(collation="C"),
        UUID: Uuid(),
    }


def table_of(row: type[Row]) -> Table:
    return row.metadata.tables[row.__tablename__]
