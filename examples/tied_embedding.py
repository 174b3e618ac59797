"""A language model in miniature: the embedding and the output layer share one weight."""

import ctgrad as torch
import ctgrad.nn as nn
import ctgrad.nn.functional as F


class Model(nn.Module):
    def __init__(self, words, width):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.hidden = nn.Linear(width, width)
        self.output = nn.Linear(width, words, bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, tokens):
        return self.output(torch.tanh(self.hidden(self.embedding(tokens))))


torch.manual_seed(0)
model = Model(words=7, width=5)
print(model)
print("parameters:", [(name, tuple(p.shape)) for name, p in model.named_parameters()])
print("state_dict:", list(model.state_dict()))
print("one tensor:", model.output.weight is model.embedding.weight)

text = torch.tensor([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6])
tokens, following = text[:-1], text[1:]
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for step in range(101):
    optimizer.zero_grad()
    loss = criterion(model(tokens), following)
    loss.backward()
    optimizer.step()
    if step % 25 == 0:
        print(f"step {step:3d}   loss {loss.item():.3f}")
print("predicted:", model(tokens).argmax(1).tolist())

# A row that no token selects still gets its gradient from the output layer.
model.zero_grad()
F.cross_entropy(model(torch.tensor([0])), torch.tensor([1])).backward()
print("rows with a gradient:", model.embedding.weight.grad.abs().sum(1).gt(0).tolist())
