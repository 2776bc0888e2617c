"""Imported first by every library room: chooses torch where nobody chose a backend."""

from multibackend import backends

BACKEND = backends.choose()
