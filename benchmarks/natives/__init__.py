"""Training steps written by hand in each framework, and those they are compared with."""

#: What is trained. Here, because reading it imports no framework.
NAMES = ("linear", "mlp", "cnn", "transformer", "lstm")
