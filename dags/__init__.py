"""Floor 5: wiring only — DAGs generated from the contracts, and the programs that drive them."""
