"""Operators and functions element by element."""

PROGRAMS = r"""
a = torch.tensor([1.0, -2.0, 3.0])
b = torch.tensor([2.0, 4.0, -0.5])
a + b, a - b, a * b, a / b
torch.add(a, b), torch.sub(a, b), torch.mul(a, b), torch.div(a, b)
a.add(b), a.sub(b), a.mul(b), a.div(b)

a = torch.tensor([7, -7, 5])
a // 2
a % 3
a / 2
a // -2
a % -3
torch.floor_divide(a, 2)
torch.remainder(a, 3)
torch.true_divide(a, 2)

a = torch.tensor([7.5, -7.5, 0.0])
a // 2
a % 2
a % -2
a // 0
a % 0
a / 0
10 // a
10 % a
10 / a

torch.tensor([5]) // 0
torch.tensor([5]) % 0
torch.tensor([5]) / 0
torch.tensor([0]) / 0
torch.tensor([5.0]) // 0
torch.tensor([-5.0]) % float("inf")

a = torch.tensor([7.0, -7.0])
torch.div(a, 2, rounding_mode="floor")
torch.div(a, 2, rounding_mode="trunc")
torch.div(a, 2, rounding_mode=None)
torch.div(a, 2, rounding_mode="up")
a.div(2, rounding_mode="floor")
torch.div(torch.tensor([7, -7]), 2, rounding_mode="trunc")

a = torch.tensor([1, 2])
torch.add(a, 3, alpha=2)
torch.sub(a, torch.tensor([1, 1]), alpha=3)
a.add(1, alpha=10)
torch.add(a, 1.5)
torch.add(a, 1, alpha=1.5)
torch.add(a.float(), 1, alpha=1.5)
torch.rsub(a, 10)

a = torch.tensor([1.0, 2.0, 4.0])
a ** 2
2 ** a
a ** a
a ** 0.5
a ** -1
a ** 0
torch.pow(a, 3)
torch.pow(2, a)
a.pow(2)
pow(a, 2)
(-a) ** 0.5
(-a) ** 2

a = torch.tensor([0, 1, 2])
a ** 2
a ** -1
2 ** a
a ** 0.5
torch.tensor([2]) ** torch.tensor([-1])
torch.tensor([2.0]) ** torch.tensor([-1])
a ** True
(-2) ** a

x = torch.tensor([-1.5, 0.0, 2.0])
-x
+x
abs(x)
x.abs()
torch.neg(x)
torch.abs(torch.tensor([-3, 3]))
x.negative()
torch.absolute(x)
x.sign()
-torch.tensor([True])
-torch.tensor([1], dtype=torch.uint8)
abs(torch.tensor([True]))

x = torch.tensor([0.0, 1.0, -1.0, 100.0])
x.exp()
x.log()
x.sqrt()
x.square()
x.reciprocal()
x.sin()
x.cos()
x.tanh()
x.sigmoid()
x.relu()
x.rsqrt()

torch.exp(torch.tensor([1, 2]))
torch.log(torch.tensor([1, 0]))
torch.sqrt(torch.tensor(4))
torch.sqrt(torch.tensor(-1.0))
torch.square(torch.tensor([2, -3]))
torch.reciprocal(torch.tensor([2]))
torch.sigmoid(torch.tensor([0]))
torch.relu(torch.tensor([-1, 2]))
torch.tanh(torch.tensor([True]))
torch.square(torch.tensor([True]))
torch.relu(torch.tensor([True]))

x = torch.tensor([float("nan"), float("inf"), -float("inf")])
x.exp()
x.log()
x.sqrt()
x.tanh()
x.sigmoid()
x.relu()
x.abs()
x.sin()
x.reciprocal()
x + 1
x * 0
x == x
x > 0

a = torch.tensor([1.0, 5.0, float("nan")])
b = torch.tensor([2.0, 3.0, 4.0])
torch.maximum(a, b)
torch.minimum(a, b)
torch.max(a, b)
torch.min(a, b)
a.maximum(b)
torch.maximum(a, torch.tensor(3.0))
torch.maximum(a, 3)
torch.maximum(torch.tensor([1, 2]), torch.tensor([1.5]))
torch.maximum(torch.tensor([True]), torch.tensor([False]))

x = torch.tensor([-2.0, 0.5, 3.0])
x.clamp(0, 1)
x.clamp(min=0)
x.clamp(max=1)
torch.clamp(x, -1, 1)
x.clamp(1, 0)
x.clamp()
x.clamp(torch.tensor([0.0, 0.0, 5.0]))
x.clamp(min=torch.zeros(3), max=torch.ones(3))
x.clamp(min=0, max=torch.ones(3))
x.clip(0, 1)
torch.tensor([1, 5]).clamp(2.5)
torch.tensor([1, 5]).clamp(2, 3)
torch.tensor([1.0, float("nan")]).clamp(0, 0.5)
x.clamp_min(0)
x.clamp_max(0)

c = torch.tensor([True, False, True])
torch.where(c, torch.tensor([1, 2, 3]), torch.tensor([10, 20, 30]))
torch.where(c, 1.0, 0.0)
torch.where(c, 1, 0)
torch.where(c, torch.tensor([1, 2, 3]), 0.5)
torch.where(c, torch.tensor([1.0, 2.0, 3.0]), 0)
torch.where(c)
torch.where(c[:, None], torch.zeros(3), torch.ones(3))
torch.tensor([1.0, 2.0, 3.0]).where(c, torch.tensor(0.0))
torch.where(torch.tensor([1, 0, 1]), 1, 0)
torch.where(c, torch.tensor([1], dtype=torch.int32), torch.tensor([1.5]))
torch.where(c, torch.zeros(2), torch.zeros(2))

a = torch.tensor([1, 2, 3])
b = torch.tensor([3, 2, 1])
a == b, a != b
a < b, a <= b
a > b, a >= b
a == 2
2 < a
a.eq(b), a.ne(2), a.lt(b), a.le(2), a.gt(b), a.ge(2)
torch.eq(a, b)
torch.equal(a, b)
torch.equal(a, a.clone())
torch.equal(a, a.float())
torch.equal(a, torch.zeros(2))

torch.tensor([1.0]) == torch.tensor([1])
torch.tensor([True]) == 1
torch.tensor([1]) == "a"
torch.tensor([1]) == None
torch.tensor([1]) != None
torch.tensor([1, 2]) == [1, 2]
torch.tensor([1, 2]) < None
torch.tensor([1, 2]) == torch.zeros(3)
torch.tensor([0.1]) == 0.1
torch.tensor([0.1], dtype=torch.float64) == 0.1

a = torch.tensor([True, True, False])
b = torch.tensor([True, False, False])
a & b, a | b, a ^ b, ~a
torch.logical_and(a, b)
torch.logical_or(a, b)
torch.logical_not(a)
torch.logical_xor(a, b)
a.logical_and(b)
a & True
True | b

a = torch.tensor([5, 3])
b = torch.tensor([6, 1])
a & b, a | b, a ^ b, ~a
a << 1, a >> 1
torch.bitwise_and(a, b)
torch.logical_and(a, b)
torch.logical_not(torch.tensor([0.0, 1.5]))
torch.tensor([1.0]) & torch.tensor([1.0])
~torch.tensor([1.0])
a & 1.5

a = torch.tensor([True, False])
b = torch.tensor([True, True])
a + b
a * b
a - b
a / b
a // b
a ** b
a < b
-a
a + 1
a + 1.5
1 - a

x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
x + torch.tensor([10.0, 20.0])
x * torch.tensor([[10.0], [20.0]])
x + 1
1 + x
x - torch.tensor(1.0)
torch.tensor([[1.0]]) * x
x + torch.zeros(0)
x + torch.zeros(3)
x * torch.zeros(0, 2)
x + torch.zeros(2, 1, 2)

torch.zeros(0) + 1
torch.zeros(0) * torch.zeros(1)
torch.zeros(0, 2).exp().shape
torch.zeros(2, 0) + torch.zeros(2, 1)
torch.zeros(0) == torch.zeros(0)
torch.relu(torch.zeros(0, 3))

torch.tensor(2) + torch.tensor(3)
torch.tensor(2.0) * 3
torch.tensor(2) / 3
2 - torch.tensor(0.5)
torch.tensor(True) + torch.tensor(True)
torch.tensor(5) // torch.tensor(2)
torch.tensor(2) ** 3

torch.tensor([1.0]) + "a"
torch.tensor([1.0]) + None
torch.tensor([1.0]) + [1.0]
"a" + torch.tensor([1.0])
torch.tensor([1.0]) * (1,)
torch.tensor([1.0]) + np.float32(2)
np.float32(2) + torch.tensor([1.0])
torch.tensor([1.0]) + np.array([2.0])
torch.tensor([1.0]) @ 2
torch.add(1, 2)
torch.add(torch.tensor(1), "a")
torch.exp(1)
torch.exp("a")

x = torch.tensor([1.2, -1.7, 2.5, 3.5])
x.floor()
x.ceil()
x.round()
x.trunc()
x.frac()
torch.floor(torch.tensor([1, 2]))
divmod(torch.tensor(7), 2)

x = torch.tensor([0.5, -0.5])
x.tan(), x.asin(), x.acos(), x.atan()
x.sinh(), x.cosh()
x.log1p(), x.expm1()
x.erf()
torch.log2(torch.tensor(8.0)), torch.log10(torch.tensor(100.0))
torch.atan2(x, torch.ones(2))
torch.isnan(torch.tensor([1.0, float("nan")]))
torch.isinf(torch.tensor([1.0, float("inf")]))
torch.isfinite(torch.tensor([1.0, float("inf"), float("nan")]))

a = torch.tensor([1.0, 2.0])
torch.isclose(a, a + 1e-9)
torch.allclose(a, a + 1e-9)
torch.allclose(a, a + 1)
torch.allclose(a, torch.tensor([1.0, float("nan")]))
torch.allclose(torch.tensor([float("nan")]), torch.tensor([float("nan")]), equal_nan=True)
torch.allclose(a, a + 0.1, atol=0.2)
torch.allclose(a, a.double())

x = torch.tensor([1.0, 2.0, 3.0])
F.relu(x - 2)
F.tanh(x)
F.sigmoid(x)
torch.softmax(x, 0)
F.softmax(x, dim=0)
x.softmax(-1)
torch.log_softmax(x, 0)
F.log_softmax(x, dim=-1)
F.softmax(x, dim=1)
F.softmax(torch.tensor([1, 2]), dim=0)
F.softmax(torch.tensor([1, 2]), dim=0, dtype=torch.float64)
torch.softmax(torch.tensor(3.0), 0)
torch.softmax(torch.zeros(2, 0), 1)
x.softmax(0, torch.float64)

a = torch.arange(6.0).view(2, 3)
torch.addcmul(a, a, a, value=0.5)
torch.addcdiv(a, a, a + 1)
torch.lerp(a, a + 1, 0.5)
a.lerp(a + 10, torch.tensor(0.1))

torch.tensor([250], dtype=torch.uint8) + 10
torch.tensor([5], dtype=torch.uint8) - 10
torch.tensor([2**31 - 1], dtype=torch.int32) + 1
torch.tensor([2**62]) * 4
torch.tensor([-2**63]).abs()
torch.tensor([-(2**31)], dtype=torch.int32) // -1 if False else 0
torch.tensor([200], dtype=torch.uint8) * 2

x = torch.arange(12.0).view(3, 4)
(x[:, ::2] + x[:, 1::2])
(x.t() * 2).stride()
(x.t() + x.t()).stride()
(x.t() + torch.zeros(4, 3)).stride()
(x.expand(2, 3, 4) + 1).stride()
(x[:, :1] + 1).stride()
x.permute(1, 0).exp().stride()
(x[::2] * 1).stride()
(torch.zeros(3, 1).expand(3, 4) + torch.zeros(3, 1).expand(3, 4)).stride()
torch.zeros(2, 3, 4).permute(2, 0, 1).neg().stride()
(torch.zeros(1, 3) + torch.zeros(4, 1)).stride()
""".strip().split("\n\n")
