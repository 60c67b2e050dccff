"""Educators' and administrators' pages across features. They read; what they change is done by the features' actions."""
