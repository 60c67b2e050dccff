"""Invitations, and accounts that were merged into another.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

PROFESSIONS = (
    'doctor', 'nurse', 'pharmacist', 'genetic counsellor', 'allied health professional', 'research or trials staff',
    'other',
)


def upgrade() -> None:
    """Go forward."""
    op.create_table('invitations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('given_names', sa.String(length=80), nullable=False),
    sa.Column('family_name', sa.String(length=80), nullable=False),
    sa.Column('profession', sa.Enum(*PROFESSIONS, name='profession', native_enum=False, length=32), nullable=False),
    sa.Column('registration_number', sa.String(length=40), nullable=False),
    sa.Column('administrator', sa.Boolean(name='administrator'), nullable=False),
    sa.Column('cohort', sa.String(length=32), nullable=False),
    sa.Column('educates', sa.Boolean(name='educates'), nullable=False),
    sa.Column('invited_by', sa.BigInteger(), nullable=False),
    sa.Column('invited_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('email', name=op.f('uq_invitations_email')),
    sa.UniqueConstraint('public_id', name=op.f('uq_invitations_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitations_token_hash'))
    )
    op.create_table('merges',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('into_id', sa.Integer(), nullable=False),
    sa.Column('merged_by', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['into_id'], ['people.id'], name=op.f('fk_merges_into_id_people')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_merges_person_id_people')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_merges'))
    )
    with op.batch_alter_table('merges', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_merges_into_id'), ['into_id'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table('merges')
    op.drop_table('invitations')
