"""What runs in a backend's own process: it alone imports Keras and a framework."""
