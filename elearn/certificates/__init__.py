"""Certificates: a frozen record, its document, its verification, its export.

A **certificate** is the public record (everything but the holder), with a digest and a salted commitment to the holder;
the **holder** is a row of its own, which is all that erasure deletes. A correction is a new **edition**. States change
by events and nothing is deleted: a number answers for ever.
"""
