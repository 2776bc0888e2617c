"""`python -m multibackend`: the command line without its script."""

from multibackend.cli import main

if __name__ == "__main__":
    main()
