"""Problems that people reported with questions and lessons.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('problem_reports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('module', sa.String(length=80), nullable=False),
    sa.Column('module_version', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.Enum('item', 'lesson', name='problemkind', native_enum=False, length=32), nullable=False),
    sa.Column('item_id', sa.String(length=80), nullable=False),
    sa.Column('item_digest', sa.String(length=64), nullable=False),
    sa.Column('lesson', sa.String(length=80), nullable=False),
    sa.Column('seen', sa.JSON(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('new', 'looking', 'answered', 'closed', name='problemstate', native_enum=False, length=32), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_problem_reports_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problem_reports')),
    sa.UniqueConstraint('public_id', name=op.f('uq_problem_reports_public_id'))
    )
    with op.batch_alter_table('problem_reports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_problem_reports_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_problem_reports_state'), ['state'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table('problem_reports')
