"""WHO agrees: records in, differences, blame and verdicts out."""
