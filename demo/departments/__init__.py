"""The departments of the demo city: one file each, with its tables, its codes and what its program writes.

A department module offers DEPARTMENT (its name), TABLES, `emit(chunk, profile)` for the rows of a chunk, `alter(random,
row, today)` for the cells its clerks change later, and `gone(table)` for how its rows end (cells of a soft delete, None
for a hard one, {} for never). A new department is one more file and one more line here.
"""

from __future__ import annotations

from types import ModuleType

from demo.departments import (
    agriculture,
    approval,
    civil_affairs,
    education,
    health,
    housing_contracts,
    housing_fund,
    market_regulation,
    medical_insurance,
    police_population,
    police_seal,
    real_estate,
    social_security,
    tax,
    vehicles,
)

# A department's place decides its random numbers: new ones are added at the end.
ORDER = (
    police_population,
    police_seal,
    market_regulation,
    civil_affairs,
    social_security,
    agriculture,
    health,
    medical_insurance,
    tax,
    real_estate,
    housing_contracts,
    education,
    vehicles,
    housing_fund,
    approval,
)

DEPARTMENTS: dict[str, ModuleType] = {module.DEPARTMENT: module for module in ORDER}
