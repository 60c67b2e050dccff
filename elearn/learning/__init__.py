"""The learner's own pages across features: what is open and done, the reflection, the evaluation."""
