"""Letters to people: an outbox in the database, which a job empties.

A letter is written in the transaction that causes it, and handed to the SMTP server of the settings, or to a file in
`instance/mail/` where there is none. It has one Message-ID, however often it is tried.
"""
