"""Work that must happen: a row written in the transaction that causes it, so that a killed worker loses nothing.

Huey only wakes and schedules the runner; what is to do, how far it is and what went wrong are in the table.
"""
