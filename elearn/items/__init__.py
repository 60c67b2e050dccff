"""The question types: one pure class and one template each, no tables.

An **item** parses its content, reads a response from a form, marks it in whole points, and words it for reports. What
a page may show before submission comes from `face()`, which never holds the key; what it may show afterwards comes from
`review()`.
"""
