"""The model: what it is told, what it writes, and what must not leave the machine."""
