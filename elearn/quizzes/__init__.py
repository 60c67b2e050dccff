"""Quizzes: attempts, saving, submitting, marking, retakes.

An **attempt** is one sitting; its **paper** (item versions, option order, rules) is fixed and stored when it starts. A
**response** is an append-only event with a sequence number, and the current answer is kept beside it, so that a mark
can be rebuilt from the events alone.
"""
