"""The departments of the demo city: one file each, with its tables, its codes and what its program writes.

A department module offers DEPARTMENT (its name), TABLES, `emit(chunk, profile)` for the rows of a chunk, `alter(random,
row, today)` for the cells its clerks change later, and `gone(table)` for how its rows end (cells of a soft delete, None
for a hard one, {} for never). A new department is one more file and one more line here.
"""

from __future__ import annotations

from types import ModuleType

from demo.departments import (
    agriculture,
    civil_affairs,
    market_regulation,
    police_population,
    police_seal,
    social_security,
)

DEPARTMENTS: dict[str, ModuleType] = {
    module.DEPARTMENT: module
    for module in (police_population, police_seal, market_regulation, civil_affairs, social_security, agriculture)
}
