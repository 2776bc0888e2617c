"""The judge on trial: planted faults to be found, clean controls to be left alone."""
