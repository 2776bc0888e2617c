"""What runs where Keras is installed: it imports Keras and nothing else of a framework."""
