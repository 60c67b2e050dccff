"""People and how they sign in.

A **person** is anyone with an account; everybody may learn. A **sign-in** is one session on one device: its random id
lies in the signed cookie and must be live here, so that signing out ends it on the server. The **viewer** is the
signed-in person of the request, read in one statement.
"""
