"""What layers compute, in NumPy: independent of Keras and of every framework."""
