"""The daemon keeps the engine running: connections, reloads, signals, log lines.

``supervisor`` holds one ``account`` for each of the rule file's, an account one ``worker`` for each of
its connections. Read them in that order.
"""
