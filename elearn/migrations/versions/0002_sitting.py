"""The paper of an attempt as rows that its answers stand in; tabs, confidence, time limits and accommodations.

Revision: 0002, after 0001.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

CONFIDENCE = sa.Enum('sure', 'fairly sure', 'guessing', name='confidence', native_enum=False, length=32)
OPEN = {'sqlite_where': sa.text("state = 'open'"), 'postgresql_where': sa.text("state = 'open'")}
KEYED = {'sqlite_where': sa.text('tab_number > 0'), 'postgresql_where': sa.text('tab_number > 0')}


def upgrade() -> None:
    """Go forward."""
    op.create_table('accommodations',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('time_percent', sa.Integer(), nullable=True),
    sa.Column('rest_breaks', sa.Boolean(name='rest_breaks'), nullable=False),
    sa.Column('set_by', sa.BigInteger(), nullable=True),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_accommodations_person_id_people')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_accommodations'))
    )
    with op.batch_alter_table('response_events', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confidence', CONFIDENCE, nullable=True))
        batch_op.add_column(sa.Column('tab', sa.String(length=40), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('tab_number', sa.Integer(), nullable=False, server_default='0'))
        batch_op.create_index('uq_response_events_once', ['attempt_id', 'tab', 'tab_number'], unique=True, **KEYED)
    with op.batch_alter_table('answers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('item_digest', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('item_order', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('confidence', CONFIDENCE, nullable=True))
        batch_op.add_column(sa.Column('tab', sa.String(length=40), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('tab_number', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('length', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('deadline', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('paused_seconds', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('closed_by', sa.Enum('person', 'time', name='closedby', native_enum=False, length=32), nullable=True))
    lay_out_papers()
    with op.batch_alter_table('answers', schema=None) as batch_op:
        batch_op.alter_column('item_digest', existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column('item_order', existing_type=sa.JSON(), nullable=False)
        batch_op.create_index(batch_op.f('ix_answers_item_digest'), ['item_digest'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_answers_item_digest_item_versions'), 'item_versions', ['item_digest'], ['digest'])
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.drop_column('paper')
        batch_op.create_index('ix_attempts_open_deadline', ['deadline'], unique=False, **OPEN)


def lay_out_papers() -> None:
    """Give each place of each attempt's paper its row, where an answer has not made it already."""
    connection = op.get_bind()
    attempts = sa.table('attempts', sa.column('id'), sa.column('paper', sa.JSON()), sa.column('length'), sa.column('started_at'), sa.column('state'), sa.column('closed_by'))
    answers = sa.table('answers', *(sa.column(name) for name in ('attempt_id', 'position', 'item_digest', 'sequence', 'saved_at')), sa.column('item_order', sa.JSON()))
    for attempt in connection.execute(sa.select(attempts)).all():
        taken = set(connection.scalars(sa.select(answers.c.position).where(answers.c.attempt_id == attempt.id)))
        closed = 'person' if attempt.state == 'submitted' else None
        connection.execute(sa.update(attempts).where(attempts.c.id == attempt.id).values(length=len(attempt.paper), closed_by=closed))
        for position, place in enumerate(attempt.paper, start=1):
            what = {'item_digest': place['item'], 'item_order': place['order']}
            if position in taken:
                here = (answers.c.attempt_id == attempt.id) & (answers.c.position == position)
                connection.execute(sa.update(answers).where(here).values(**what))
            else:
                new = {'attempt_id': attempt.id, 'position': position, 'sequence': 0, 'saved_at': attempt.started_at}
                connection.execute(sa.insert(answers).values(**new, **what))


def downgrade() -> None:
    """Go back: papers become lists again; what the old tables have no place for is lost."""
    connection = op.get_bind()
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('paper', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.drop_index('ix_attempts_open_deadline')
    rows = connection.execute(sa.text('SELECT attempt_id, item_digest, item_order FROM answers ORDER BY attempt_id, position')).all()
    papers: dict[int, list[dict[str, object]]] = {}
    for attempt, item, order in rows:
        papers.setdefault(attempt, []).append({'item': item, 'order': json.loads(order) if isinstance(order, str) else order})
    attempts = sa.table('attempts', sa.column('id'), sa.column('paper', sa.JSON()))
    for attempt, paper in papers.items():
        connection.execute(sa.update(attempts).where(attempts.c.id == attempt).values(paper=paper))
    connection.execute(sa.text('DELETE FROM answers WHERE sequence = 0'))
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.alter_column('paper', existing_type=sa.JSON(), nullable=False, server_default=None)
        for name in ('closed_by', 'paused_seconds', 'paused_at', 'deadline', 'length'):
            batch_op.drop_column(name)
    with op.batch_alter_table('answers', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_answers_item_digest_item_versions'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_answers_item_digest'))
        for name in ('tab_number', 'tab', 'confidence', 'item_order', 'item_digest'):
            batch_op.drop_column(name)
    with op.batch_alter_table('response_events', schema=None) as batch_op:
        batch_op.drop_index('uq_response_events_once')
        for name in ('tab_number', 'tab', 'confidence'):
            batch_op.drop_column(name)
    op.drop_table('accommodations')
