"""`python -m demo build` makes the demo city, `python -m demo touch` changes one cell of it."""

from demo.command import main

if __name__ == "__main__":
    main()
