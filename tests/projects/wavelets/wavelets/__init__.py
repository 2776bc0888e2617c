"""Haar wavelets for Keras, on any backend."""
