"""What of a reproducer needs Keras: it runs in a child process."""
