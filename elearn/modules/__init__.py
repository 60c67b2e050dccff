"""The module as people walk it.

An **enrolment** is a person's passage through a module in one **cycle**; the **path** is its ordered **steps**, each
*done*, *open* or *locked with a reason*. The module's own files lie in `content/` and are read once, at the start.
"""
