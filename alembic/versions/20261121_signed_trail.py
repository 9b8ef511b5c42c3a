"""The trail: signed, chained, and changed by nobody; and the permission to read it."""

import sqlalchemy as sa

from alembic import op

revision = "0005_signed_trail"
down_revision = "0004_one_time_tokens"
branch_labels = None
depends_on = None

# Who owns the table can switch a trigger off; what that can't do is sign (decision 22).
ONLY_SEALED_AND_ERASED = """
CREATE FUNCTION audit_only_sealed_and_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.occurred_at, NEW.event, NEW.actor_kind,
                NEW.actor_digest, NEW.target_digest, NEW.signature)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.occurred_at, OLD.event, OLD.actor_kind,
                OLD.actor_digest, OLD.target_digest, OLD.signature)
        AND (
            (NEW.sequence, NEW.seal) IS NOT DISTINCT FROM (OLD.sequence, OLD.seal)
            OR (OLD.sequence IS NULL AND OLD.seal IS NULL
                AND NEW.sequence IS NOT NULL AND NEW.seal IS NOT NULL)
        )
        AND (
            (NEW.actor_id, NEW.api_key_id, NEW.address, NEW.user_agent, NEW.request_id,
                NEW.actor_salt)
            IS NOT DISTINCT FROM
            (OLD.actor_id, OLD.api_key_id, OLD.address, OLD.user_agent, OLD.request_id,
                OLD.actor_salt)
            OR num_nonnulls(NEW.actor_id, NEW.api_key_id, NEW.address, NEW.user_agent,
                NEW.request_id, NEW.actor_salt) = 0
        )
        AND (
            (NEW.target_id, NEW.subject, NEW.details, NEW.target_salt)
            IS NOT DISTINCT FROM
            (OLD.target_id, OLD.subject, OLD.details, OLD.target_salt)
            OR (num_nonnulls(NEW.target_id, NEW.subject, NEW.target_salt) = 0
                AND NEW.details = '{}')
        )
        AND (
            NEW.erasure IS NOT DISTINCT FROM OLD.erasure
            OR (NEW.actor_salt, NEW.target_salt) IS DISTINCT FROM (OLD.actor_salt, OLD.target_salt)
        )
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""


def upgrade() -> None:
    # What no service has signed would look like forged.
    op.execute("DELETE FROM audit")
    for name, column, nullable in (
        ("actor_salt", sa.LargeBinary(), True),
        ("actor_digest", sa.LargeBinary(), False),
        ("target_salt", sa.LargeBinary(), True),
        ("target_digest", sa.LargeBinary(), False),
        ("signature", sa.LargeBinary(), False),
        ("erasure", sa.LargeBinary(), True),
        ("sequence", sa.BigInteger(), True),
        ("seal", sa.LargeBinary(), True),
    ):
        op.add_column("audit", sa.Column(name, column, nullable=nullable))
    op.drop_index("ix_audit_target_id_id", table_name="audit")
    op.create_index("uq_audit_sequence", "audit", ["sequence"], unique=True)
    op.create_index(
        "ix_audit_unsealed",
        "audit",
        ["id"],
        unique=False,
        postgresql_where=sa.text("sequence IS NULL"),
    )
    op.create_index("ix_audit_occurred_at_id", "audit", ["occurred_at", "id"], unique=False)
    for column in ("actor_id", "event", "target_id"):
        op.create_index(
            f"ix_audit_{column}_occurred_at_id",
            "audit",
            [column, "occurred_at", "id"],
            unique=False,
        )
    op.create_table(
        "audit_head",
        sa.Column("is_only", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("is_only", name=op.f("ck_audit_head_is_only")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_audit_head")),
    )
    op.execute(ONLY_SEALED_AND_ERASED)
    op.execute(
        "CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_only_sealed_and_erased()"
    )
    op.execute(
        "CREATE TRIGGER audit_whole BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_sealed_and_erased()"
    )
    op.execute(
        "UPDATE roles SET permissions = array_append(permissions, 'audit:read') "
        "WHERE name = 'admin'"
    )


def downgrade() -> None:
    op.execute("UPDATE roles SET permissions = array_remove(permissions, 'audit:read')")
    op.execute("DROP TRIGGER audit_whole ON audit")
    op.execute("DROP TRIGGER audit_rows ON audit")
    op.execute("DROP FUNCTION audit_only_sealed_and_erased()")
    op.drop_table("audit_head")
    for column in ("actor_id", "event", "target_id"):
        op.drop_index(f"ix_audit_{column}_occurred_at_id", table_name="audit")
    op.drop_index("ix_audit_occurred_at_id", table_name="audit")
    op.drop_index("ix_audit_unsealed", table_name="audit")
    op.drop_index("uq_audit_sequence", table_name="audit")
    for name in (
        "actor_salt",
        "actor_digest",
        "target_salt",
        "target_digest",
        "signature",
        "erasure",
        "sequence",
        "seal",
    ):
        op.drop_column("audit", name)
    op.create_index("ix_audit_target_id_id", "audit", ["target_id", "id"], unique=False)
