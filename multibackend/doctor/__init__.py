"""Is this machine fit? Facts are looked at, findings follow from them, both are shown."""
