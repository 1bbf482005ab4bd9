"""What is kept of answers, and what people said of them."""
