"""Scorers: calibrated classifiers on frozen embeddings."""
