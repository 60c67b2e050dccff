"""Erasures and their refusals, complaints, notes about certificates apart from their events, the last sign-in.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

EVENTS = sa.table('certificate_events', sa.column('id', sa.Integer), sa.column('note', sa.Text))
NOTES = sa.table('certificate_notes', sa.column('event_id', sa.Integer), sa.column('note', sa.Text))


def may_change(table: str) -> None:
    """Take away the trigger that refuses changes; it is made again after every run (elearn/schema.py)."""
    on = f' ON {table}' if op.get_bind().dialect.name == 'postgresql' else ''
    op.execute(f'DROP TRIGGER IF EXISTS refuse_update_{table}{on}')


def upgrade() -> None:
    """Go forward. Notes move out of the events, which never change, so that they can be erased."""
    op.create_table('erasures',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_public_id', sa.String(length=32), nullable=False),
    sa.Column('why', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasures')),
    sa.UniqueConstraint('person_public_id', name=op.f('uq_erasures_person_public_id'))
    )
    op.create_table('erasure_refusals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('ground', sa.String(length=32), nullable=False),
    sa.Column('refused_by', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_erasure_refusals_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure_refusals'))
    )
    op.create_index('ix_erasure_refusals_person_id', 'erasure_refusals', ['person_id'], unique=False)
    op.create_table('complaints',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('about', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('network', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_complaints_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaints')),
    sa.UniqueConstraint('public_id', name=op.f('uq_complaints_public_id'))
    )
    op.create_index('ix_complaints_made_at', 'complaints', ['made_at'], unique=False)
    op.create_index('ix_complaints_person_id', 'complaints', ['person_id'], unique=False)
    op.create_table('certificate_notes',
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['certificate_events.id'], name=op.f('fk_certificate_notes_event_id_certificate_events')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_certificate_notes'))
    )
    op.execute(sa.insert(NOTES).from_select(['event_id', 'note'], sa.select(EVENTS.c.id, EVENTS.c.note).where(EVENTS.c.note != '')))
    may_change('certificate_events')
    op.execute(sa.update(EVENTS).values(note='').where(EVENTS.c.note != ''))
    with op.batch_alter_table('people', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_signed_in_at', sa.DateTime(timezone=True), nullable=True))
    people, sign_ins = sa.table('people', sa.column('id'), sa.column('last_signed_in_at')), sa.table(
        'sign_ins', sa.column('person_id'), sa.column('started_at'))
    newest = sa.select(sa.func.max(sign_ins.c.started_at)).where(sign_ins.c.person_id == people.c.id).scalar_subquery()
    op.execute(sa.update(people).values(last_signed_in_at=newest))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table('people', schema=None) as batch_op:
        batch_op.drop_column('last_signed_in_at')
    may_change('certificate_events')
    noted = sa.select(NOTES.c.note).where(NOTES.c.event_id == EVENTS.c.id).scalar_subquery()
    there = sa.select(NOTES.c.event_id).where(NOTES.c.event_id == EVENTS.c.id).exists()
    op.execute(sa.update(EVENTS).values(note=noted).where(there))
    for name in ('certificate_notes', 'complaints', 'erasure_refusals', 'erasures'):
        op.drop_table(name)
