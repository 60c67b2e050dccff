"""The module's own files: what they may say, how they are read, and what is wrong with them.

Nothing here is read from disk during a request: a folder is parsed once, when the application starts, into frozen
objects. A damaged lesson or quiz is taken out of service by itself; the rest of the module goes on.
"""
