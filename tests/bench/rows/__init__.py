"""One module for each axis: `rows(bench)` measures it, the floor, the peers and mailrules in turn."""
