"""How sure an answer must be, and how that was fitted."""
