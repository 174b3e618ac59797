"""A linear layer that stores n weights and uses them as an n-by-n matrix, built in five ways.

Every hidden unit sees input i through the same weight w[i], so each weight is used n times, and its gradient is the sum
over those uses: n times x[i] when the loss is the sum of the outputs.
"""

import math

import ctgrad as torch
import ctgrad.nn as nn
import ctgrad.nn.functional as F
from ctgrad.autograd import Variable
from ctgrad.nn import Parameter


class tiedLinear(nn.Module):
    def __init__(self, n, build, bias=False):
        super(tiedLinear, self).__init__()
        self.n = n
        self.build = build
        self.weight = Parameter(torch.Tensor(n))
        if bias:
            self.bias = Parameter(torch.Tensor(n))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(0))
        self.weight.data.uniform_(-stdv, stdv)
        if self.bias is not None:
            self.bias.data.uniform_(-stdv, stdv)

    def forward(self, input):
        W = self.build(self.weight, self.n)
        return F.linear(input, W, self.bias)


def loop(w, n):
    rows = []
    for i in range(n):
        rows.append(w[i].repeat(1, n))
    return torch.cat(rows, 0).t()


builds = {
    "repeat": lambda w, n: w.repeat(n, 1),
    "expand": lambda w, n: w.expand(n, n),
    "expand_as": lambda w, n: w.expand_as(torch.empty(n, n)),
    "stack": lambda w, n: torch.stack([w] * n),
    "loop": loop,
}

for name, build in builds.items():
    torch.manual_seed(0)
    layer = tiedLinear(4, build)
    x = Variable(torch.randn(4))
    out = sum(layer(x))
    out.backward()
    params = next(layer.parameters())
    W = build(layer.weight, 4)
    print(f"{name}: W is {tuple(W.shape)}, strides {W.stride()}")
    print("  out   ", out)
    print("  grad  ", params.grad)
    print("  4 * x ", 4 * x, torch.equal(params.grad, 4 * x))

torch.manual_seed(0)
layer = tiedLinear(4, builds["expand"], bias=True)
print(layer)
layer(torch.ones(2, 4)).sum().backward()
for name, p in layer.named_parameters():
    print(name, p.grad)
