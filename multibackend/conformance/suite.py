"""Every sample as a declared case: what a child process imports."""

from multibackend.conformance.cases import declare_all
from multibackend.conformance.tables import every

declare_all(every())
