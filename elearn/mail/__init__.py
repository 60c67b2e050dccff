"""Mail to people: over SMTP where it is set up, else as `.eml` files in `instance/mail/` that an operator can read."""
