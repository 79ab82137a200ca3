"""The PyTorch network: tensors in, logits out."""
