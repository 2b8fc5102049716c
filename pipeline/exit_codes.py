"""What the program's exit codes mean; beside click's own: 0 well, 1 what a person can mend, 2 wrong words."""

INTERRUPTED = 130  # as a shell has it
FAULT = 70  # as sysexits.h has it: a fault of the product
