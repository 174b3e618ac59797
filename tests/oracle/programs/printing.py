"""How things print."""

PROGRAMS = r"""
torch.tensor([1.0, 2.0, 3.0])
torch.tensor([1.5, -2.25, 3.125])
torch.tensor([0.1, 100.0])
torch.tensor([0.1, 1000.0])
torch.tensor([1e-5, 1.0])
torch.tensor([1e8])
torch.tensor([1e8 + 8])
torch.tensor([12345678.0])

torch.tensor([float("nan"), 1.0])
torch.tensor([float("inf"), -float("inf"), 1.5])
torch.tensor([float("nan")])
torch.tensor([float("inf")])
torch.tensor([float("inf"), 1e10, 0.001])
torch.tensor(float("nan"))
torch.tensor(-float("inf"))

torch.tensor(-0.0)
torch.tensor([0.0, -0.0])
torch.tensor(1e-10)
torch.tensor(123456.789)
torch.tensor(1e20)
torch.tensor(7)
torch.tensor(-7, dtype=torch.int32)
torch.tensor(200, dtype=torch.uint8)
torch.tensor(False)

torch.tensor([1, 10, -100])
torch.tensor([[1, 2], [300, 4]])
torch.tensor([True, False])
torch.tensor([[True], [False]])
torch.tensor([1, 2], dtype=torch.int32)
torch.tensor([1, 2], dtype=torch.uint8)
torch.tensor([1.0, 2.5], dtype=torch.float64)

torch.zeros(2, 3, 2)
torch.arange(24).view(2, 3, 4)
torch.arange(16).view(2, 2, 2, 2)
torch.zeros(1, 1, 1)

torch.zeros(0)
torch.zeros(0, 3)
torch.zeros(2, 0, 3)
torch.zeros(0, dtype=torch.int64)
torch.zeros(0, 2, dtype=torch.bool)
torch.zeros(0, requires_grad=True)
torch.empty((0, 0), dtype=torch.float64)

torch.arange(1000)
torch.arange(1001)
torch.arange(2000.0)

torch.zeros(100, 100)
torch.arange(10000).view(100, 100)
torch.arange(2400).view(6, 20, 20)

torch.zeros(1, 1001)
torch.ones(1001, 1)
torch.arange(3 * 7 * 50).view(3, 7, 50)

torch.arange(40)
torch.arange(40) / 7
torch.arange(30.0)
torch.arange(25).view(1, 25)
torch.linspace(0, 1, 50)

torch.ones(3, requires_grad=True)
torch.ones(3, requires_grad=True) * 2
torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
torch.ones(2, requires_grad=True).sum()
(torch.ones(2, dtype=torch.float64, requires_grad=True) + 1)
torch.ones(12, requires_grad=True) / 3
torch.ones(13, requires_grad=True, dtype=torch.float64) / 3

x = torch.ones(2, requires_grad=True)
x.exp()
x.mean()
x.view(2, 1)
x[0]
x[None]
x.t()
x @ x
-x
x ** 2
2 ** x
x / 2
x - 1
1 - x

x = torch.ones(2, 2, requires_grad=True)
x.sum(0)
x.max()
x.max(0)
x.t()
x.reshape(-1)
x.expand(3, 2, 2)
x.unsqueeze(0)
x.clone()
x.tanh()
x.relu()
torch.stack([x, x])
torch.cat([x, x])

print(torch.ones(2))
print(torch.tensor(1.5), torch.tensor([1, 2]))
str(torch.ones(1))
repr(torch.ones(1))
f"{torch.ones(2)}"
f"{torch.tensor(1.23456):.2f}"
f"{torch.tensor(3):5d}|"
f"{torch.tensor(2.5)}"
f"{torch.tensor(1.0, requires_grad=True):.1f}"
f"{torch.ones(2):.2f}"
"{}".format(torch.tensor(3))
"%s" % torch.tensor(3)
"%.3f" % torch.tensor(3.14159)
"%d" % torch.tensor(3)

torch.set_printoptions(precision=2)
torch.tensor([1.23456, 2.0])
torch.set_printoptions(precision=8)
torch.tensor([1.23456, 2.0])
torch.set_printoptions(profile="default")
torch.tensor([1.23456, 2.0])

torch.set_printoptions(sci_mode=True)
torch.tensor([1.0, 2.5])
torch.tensor([1.0, 2.0])
torch.set_printoptions(sci_mode=False)
torch.tensor([1e-6, 1e6])
torch.set_printoptions(profile="default")

torch.set_printoptions(threshold=5)
torch.arange(10)
torch.arange(5)
torch.set_printoptions(edgeitems=1)
torch.arange(100).view(10, 10)
torch.set_printoptions(profile="short")
torch.arange(3000) / 3
torch.set_printoptions(profile="default")

torch.set_printoptions(linewidth=40)
torch.arange(30)
torch.ones(3, 5, dtype=torch.float64, requires_grad=True) / 7
torch.set_printoptions(profile="default")

torch.set_printoptions(profile="full")
torch.arange(1100)
torch.set_printoptions(profile="default")

torch.ones(1, 5000).expand(5000, 5000)
torch.arange(3.0).expand(2, 3)
torch.arange(6).view(2, 3).t()
torch.arange(10)[::3]
torch.arange(4).as_strided((3, 3), (1, 0))

nn.Parameter(torch.ones(2))
nn.Parameter(torch.tensor(1.0))
nn.Parameter(torch.ones(2), requires_grad=False)
nn.Parameter(torch.zeros(0, 2))
nn.Parameter(torch.ones(2, dtype=torch.float64))
[nn.Parameter(torch.ones(1))]
print(nn.Parameter(torch.ones(1)) * 2)

[torch.tensor(1), torch.tensor([1.0])]
{"a": torch.ones(2)}
(torch.tensor(True),)

torch.device("cpu")
str(torch.device("cpu"))
torch.ones(1).device
torch.float64
torch.Size([2, 3])
torch.Size([])
torch.strided

torch.tensor([1e-4, 1.0])
torch.tensor([9.9e-5, 0.5])
torch.tensor([0.001, 1.0])
torch.tensor([0.00099, 1.0])
torch.tensor([99999999.0, 1.5])
torch.tensor([1e5, 1.5])
torch.tensor([3.0, 1e4, 2e7])
torch.tensor([1.0, 1e-3])

torch.tensor([[1e10, 1.0], [0.5, float("nan")]])
torch.tensor([[1.0, 2.0], [float("nan"), 4.0]])
torch.tensor([-1.0, 10.0, float("-inf")])
torch.tensor([1.5, float("inf"), float("nan"), -2.0])
torch.tensor([[0.0, 0.0], [0.0, float("inf")]])

torch.tensor([1.0, 2.0]).max(0)
torch.tensor([[1.0, 5.0], [3.0, 4.0]]).min(1)
torch.tensor([3.0, 1.0]).max(0).values
torch.tensor([3.0, 1.0]).max(0).indices
torch.ones(2, 3).split(1)
torch.ones(2).unbind()
torch.ones(3).chunk(2)
""".strip().split("\n\n")
