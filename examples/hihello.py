"""The next character of `hihello`: after `h` comes `i` the first time and `e` the second.

    python examples/hihello.py

A network that sees one character can't know which. A recurrent one carries what it has read in its
state, so it can.
"""

from lesson import ROOT, trained

import nsmc


def main() -> None:
    """Train on the one word, and let the model write it from its first character."""
    with trained("hihello", ROOT / "data" / "hihello.txt") as model:
        language_model = nsmc.load_language_model(model)
        print(language_model.complete("h", temperature=0).text)
        for unit in language_model.score("hihello").units:
            print(f"{unit.unit}  {unit.bits:.2f} bits")


if __name__ == "__main__":
    main()
