"""Groups of learners: membership by join code, the roster of who is expected, and who teaches.

Reach over a cohort comes only from a row in `teachings`; one person may learn in one cohort and teach another.
"""
