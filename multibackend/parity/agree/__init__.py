"""`check_agreement`: one call in a test, a script or a notebook, judged like a case."""
