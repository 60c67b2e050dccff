"""Who did what, when: append-only rows, refused to UPDATE and DELETE by triggers of the database itself."""
