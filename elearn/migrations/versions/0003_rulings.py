"""Rulings on keys that were wrong, and what they did to marks.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('rulings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('item_digest', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('correct', 'accept', 'void', 'full', name='rulingkind', native_enum=False, length=32), nullable=False),
    sa.Column('alternative', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('lowers', sa.Boolean(name='lowers'), nullable=False),
    sa.Column('ruled_by', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_digest'], ['item_versions.digest'], name=op.f('fk_rulings_item_digest_item_versions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rulings')),
    sa.UniqueConstraint('key', name=op.f('uq_rulings_key'))
    )
    with op.batch_alter_table('rulings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rulings_item_digest'), ['item_digest'], unique=False)

    op.create_table('mark_changes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ruling_id', sa.Integer(), nullable=False),
    sa.Column('attempt_id', sa.Integer(), nullable=False),
    sa.Column('points_before', sa.Integer(), nullable=False),
    sa.Column('possible_before', sa.Integer(), nullable=False),
    sa.Column('passed_before', sa.Boolean(name='passed_before'), nullable=False),
    sa.Column('points_after', sa.Integer(), nullable=False),
    sa.Column('possible_after', sa.Integer(), nullable=False),
    sa.Column('passed_after', sa.Boolean(name='passed_after'), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_mark_changes_attempt_id_attempts')),
    sa.ForeignKeyConstraint(['ruling_id'], ['rulings.id'], name=op.f('fk_mark_changes_ruling_id_rulings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mark_changes')),
    sa.UniqueConstraint('attempt_id', 'ruling_id', name=op.f('uq_mark_changes_attempt_id_ruling_id'))
    )
    with op.batch_alter_table('mark_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mark_changes_ruling_id'), ['ruling_id'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table('mark_changes')
    op.drop_table('rulings')
