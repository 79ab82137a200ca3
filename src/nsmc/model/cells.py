"""The three recurrent cells and what each computes.

σ is the logistic function, ⊙ the product element by element; x_t [B, I] is the input at step t and
h_t [B, H] the output. Each equation's weights carry the names of PyTorch's parameters: W_i* are
rows of ``weight_ih``, W_h* of ``weight_hh``, with the gates stacked in the order given.

**rnn** (Elman, "Finding structure in time", Cognitive Science 14, 1990):

    h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

**gru** (Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014, with
the reset gate applied after the matrix product, as in cuDNN); order r, z, n:

    r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
    z_t = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
    n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t-1} + b_hn))
    h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}

**lstm** (Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9, 1997, with the
forget gate of Gers et al. 2000); order i, f, g, o:

    i_t = σ(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)
    f_t = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf)
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
    o_t = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho)
    c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
    h_t = o_t ⊙ tanh(c_t)

A bidirectional layer runs a second cell with weights of its own from the last step to the first
(Schuster and Paliwal, IEEE Trans. Signal Processing 45, 1997) and gives both outputs side by side;
a deep network feeds each layer's outputs to the next.
"""

from torch import nn

from nsmc.config.model import ModelConfig
from nsmc.model.gru import GRU


def make_encoder(config: ModelConfig) -> nn.RNNBase:
    """The recurrent layers: [T, B, I] → [T, B, D·H].

    Recurrent weights start orthogonal, which keeps a gradient's length along the steps (Saxe et
    al., ICLR 2014), input weights uniform after Glorot and Bengio (AISTATS 2010), biases at zero
    but the LSTM's forget gate, which starts open at one (Jozefowicz et al., ICML 2015).
    """
    encoder: nn.RNNBase = {"rnn": nn.RNN, "gru": GRU, "lstm": nn.LSTM}[config.cell](
        input_size=config.encoder_input_size,
        hidden_size=config.hidden_size,
        num_layers=config.layers,
        bidirectional=config.bidirectional,
        dropout=config.dropout if config.layers > 1 else 0.0,
    )
    size = config.hidden_size
    for name, parameter in encoder.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
            if config.cell == "lstm" and name.startswith("bias_ih"):
                nn.init.ones_(parameter.data[size : 2 * size])
            continue
        # Gate by gate: stacked gates are separate matrices, and one orthogonal [4H, H] is not four.
        init = nn.init.orthogonal_ if name.startswith("weight_hh") else nn.init.xavier_uniform_
        for gate in parameter.data.chunk(len(parameter) // size):
            init(gate)  # [H, I] or [H, H]
    return encoder
