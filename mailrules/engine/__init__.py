"""The engine is the path of a message: fetch, evaluate, journal, execute.

Read ``process.py`` first; it names every station of the path in order. The pure parts
(``lowering``, ``flights``, ``answers``, ``reckoning``) decide, the others carry out.
"""
