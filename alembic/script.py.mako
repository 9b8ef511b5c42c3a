<%!
def steps(text):
    """Without what Alembic remarks on it."""
    lines = [line for line in text.splitlines() if "###" not in line]
    return "\n".join(lines).strip() or "pass"
%>"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = "${up_revision}"
down_revision = "${down_revision}"
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${steps(upgrades or "")}


def downgrade() -> None:
    ${steps(downgrades or "")}
