"""Turns that go on from each other: what a follow-up question means by itself."""
