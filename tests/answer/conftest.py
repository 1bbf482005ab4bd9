"""The server of `tests/answer/faulty.py`, for each test that asks for one."""

from tests.answer.faulty import server

__all__ = ["server"]
