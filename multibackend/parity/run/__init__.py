"""WHERE it runs: one child process a backend, warm, watched and restarted."""
