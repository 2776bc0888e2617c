"""One step, forward and backward, as each framework's users run it; a file each."""
