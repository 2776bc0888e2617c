"""The declared cases of this package's own library, examples and Keras objects."""
