"""The parity suite: case -> run -> record -> compare -> report."""
