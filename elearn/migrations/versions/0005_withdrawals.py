"""Withdrawals of lessons and items, and the number by which every process sees that something has changed.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('epochs',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_epochs'))
    )
    op.create_table('content_withdrawals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('module', sa.String(length=80), nullable=False),
    sa.Column('module_version', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.Enum('lesson', 'item', name='partkind', native_enum=False, length=32), nullable=False),
    sa.Column('part', sa.String(length=80), nullable=False),
    sa.Column('withdrawn', sa.Boolean(name='withdrawn'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_content_withdrawals'))
    )
    with op.batch_alter_table('content_withdrawals', schema=None) as batch_op:
        batch_op.create_index('ix_content_withdrawals_part', ['module', 'kind', 'part'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table('content_withdrawals')
    op.drop_table('epochs')
