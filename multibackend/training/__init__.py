"""Compiled training: a model whose step is written once, and the bare loop."""
