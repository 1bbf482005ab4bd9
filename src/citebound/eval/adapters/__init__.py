"""Adapters: one function for each data folder, from what was declared to a suite with items and documents."""
