"""PostgreSQL: SQLAlchemy Core statements on one thin connection over asyncpg."""
