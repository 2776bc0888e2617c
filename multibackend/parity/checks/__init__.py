"""WHAT is asked: one small file a check; runs inside the child process."""
