"""An autoencoder whose decoder is the transpose of its encoder: one Parameter, used as W and as W.t()."""

import ctgrad as torch
import ctgrad.nn as nn
import ctgrad.nn.functional as F


class TiedAutoencoder(nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_hidden, n_in))
        self.encoder_bias = nn.Parameter(torch.zeros(n_hidden))
        self.decoder_bias = nn.Parameter(torch.zeros(n_in))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x):
        code = torch.tanh(F.linear(x, self.weight, self.encoder_bias))
        return F.linear(code, self.weight.t(), self.decoder_bias)


torch.manual_seed(0)
model = TiedAutoencoder(6, 2)
print(model)
print("parameters:", [name for name, _ in model.named_parameters()])

data = torch.randn(32, 2) @ torch.randn(2, 6)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for step in range(201):
    optimizer.zero_grad()
    loss = F.mse_loss(model(data), data)
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step:3d}   loss {loss.item():.3f}")

# The gradient of the tied weight is the sum over its two places.
W = model.weight.detach()
first, second = W.clone().requires_grad_(), W.t().clone().requires_grad_()
code = torch.tanh(F.linear(data, first, model.encoder_bias))
F.mse_loss(F.linear(code, second, model.decoder_bias), data).backward()
model.zero_grad()
F.mse_loss(model(data), data).backward()
print("grad is the sum of both uses:", torch.allclose(model.weight.grad, first.grad + second.grad.t(), atol=1e-6))
