"""The pages around the module: start, about, accessibility, privacy, cookies, terms, and whether the service is well."""
