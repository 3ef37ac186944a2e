"""
The parse door: outside files are read here, in a process of its own with hard bounds.

``python -m throughline.connect.door`` is started by ``connect/doorkeeper.py`` and serves one file
after another. It imports next to nothing, so it starts in a blink and leaves its memory to the
file.
"""
