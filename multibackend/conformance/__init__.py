"""Conformance: the whole public API of Keras, sampled and measured on every backend."""
