"""A convolution before an LSTM: filters see three morphemes at once, the LSTM reads their outputs.

python examples/convolution_lstm.py
"""

from lesson import SAMPLE, SMALL, trained

import nsmc


def main() -> None:
    """Train the same small network without and with the convolution and compare them."""
    overrides = (*SMALL, "model.cell=lstm", "training.epochs=4", "training.learning_rate=0.01")
    for name, more in (("LSTM", "0"), ("convolution + LSTM", "32")):
        with trained("conv-gru", SAMPLE, *overrides, f"model.conv.filters={more}") as model:
            result = nsmc.evaluate(SAMPLE, model=model).to_dict()
            print(f"{result['accuracy']:.1%}  {name}")


if __name__ == "__main__":
    main()
