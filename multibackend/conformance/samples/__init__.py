"""The samples: a table a file, a sample a line."""
