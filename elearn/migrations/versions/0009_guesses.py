"""Tries of passwords and links, and links that die with a newer one.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('guesses',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.String(length=64), nullable=False),
    sa.Column('device', sa.String(length=64), nullable=False),
    sa.Column('network', sa.String(length=64), nullable=False),
    sa.Column('way', sa.Enum('sign-in', 'register', 'reset', 'link', 'password check', 'second factor', 'letter', name='way', native_enum=False, length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guesses'))
    )
    with op.batch_alter_table('guesses', schema=None) as batch_op:
        batch_op.create_index('ix_guesses_account', ['account', 'device'], unique=False)
        batch_op.create_index('ix_guesses_network_at', ['network', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_guesses_at'), ['at'], unique=False)

    with op.batch_alter_table('people', schema=None) as batch_op:
        batch_op.add_column(sa.Column('links_asked', sa.Integer(), server_default='0', nullable=False))
    # On its own: in one batch, SQLite would copy the rows into a table that has lost the default already.
    with op.batch_alter_table('people', schema=None) as batch_op:
        batch_op.alter_column('links_asked', server_default=None)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table('people', schema=None) as batch_op:
        batch_op.drop_column('links_asked')
    op.drop_table('guesses')
