"""Lets ``python -m mailrules`` do what the command ``mailrules`` does."""

from mailrules.cli import main

if __name__ == "__main__":
    main()
