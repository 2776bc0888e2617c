"""Cases of code that declares none: what a module offers, built and called by guessing."""
