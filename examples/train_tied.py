"""Train a tied layer against another one, with SGD and with Adam, and compare the weights found."""

import ctgrad as torch
import ctgrad.nn as nn
import ctgrad.nn.functional as F
import ctgrad.optim as optim


class TiedLinear(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n))
        nn.init.uniform_(self.weight, -0.5, 0.5)

    def forward(self, x):
        n = self.weight.size(0)
        return F.linear(x, self.weight.expand(n, n))


def train(make_optimizer, steps):
    torch.manual_seed(1)
    layer, criterion = TiedLinear(4), nn.MSELoss()
    goal = torch.tensor([1.0, -2.0, 3.0, 0.5])
    inputs = torch.randn(64, 4)
    target = F.linear(inputs, goal.expand(4, 4))
    optimizer = make_optimizer(layer.parameters())
    for step in range(steps):
        optimizer.zero_grad()
        loss = criterion(layer(inputs), target)
        loss.backward()
        optimizer.step()
        if step % (steps // 5) == 0:
            print(f"  step {step:3d}   loss {loss.item():.4f}")
    print("  weights", layer.weight.data)
    print("  largest distance to the goal below 1e-3:", bool((layer.weight - goal).abs().max() < 1e-3))


print("SGD")
train(lambda p: optim.SGD(p, lr=0.03, momentum=0.2), 100)
print("Adam")
train(lambda p: optim.Adam(p, lr=0.1), 300)

torch.manual_seed(2)
weight = torch.rand(3, dtype=torch.float64, requires_grad=True)
x = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)


def layer(x, w):
    return torch.tanh(F.linear(x, w.expand(3, 3)))


print("gradcheck    ", torch.autograd.gradcheck(layer, (x, weight)))
print("gradgradcheck", torch.autograd.gradgradcheck(layer, (x, weight)))
