"""What each command does, grouped as RFC 3501 §6 groups them by purpose; ``dispatch`` has the table.

A verb takes the session and the command, adds its untagged data and returns the text of its OK; it raises Refusal for
NO, BadSyntax for BAD.
"""
