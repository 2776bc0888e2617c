"""WHAT is run: cases, their inputs and their selection."""
