"""What `make bench` runs: the application's pages against a floor that is measured in the same minutes on the same machine.

`floor.py` is the floor, unchanged from the project's design; `run.py` is the command; the rest are its parts.
"""
