"""Everything mailrules promises, shown."""
