"""Where places disagree: which two say what, and which of them governs."""
