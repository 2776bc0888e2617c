"""What follows from the facts: pure functions, a file a topic."""
