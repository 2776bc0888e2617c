"""Reproducers: for each difference one small file of Keras and NumPy that shows it."""
