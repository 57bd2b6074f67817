"""Lets ``python -m mailrules`` do what the command ``mailrules`` does."""

import sys

try:
    from mailrules.cli import main
except KeyboardInterrupt:  # importing takes long enough for one
    sys.exit(130)

if __name__ == "__main__":
    main()
