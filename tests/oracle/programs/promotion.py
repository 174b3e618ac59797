"""Type promotion: tensors with dimensions before 0-d tensors before Python numbers."""

PROGRAMS = r"""
types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((torch.ones(2, dtype=a) + torch.ones(2, dtype=b)).dtype) for b in types])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((torch.ones(2, dtype=a) * torch.ones((), dtype=b)).dtype) for b in types])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((torch.ones((), dtype=a) * torch.ones((), dtype=b)).dtype) for b in types])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((torch.ones(2, dtype=a) + s).dtype) for s in (True, 1, 1.0)])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((s + torch.ones((), dtype=a)).dtype) for s in (True, 1, 1.0)])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((torch.ones(2, dtype=a) / torch.ones(2, dtype=b)).dtype) for b in types])

types = [torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((torch.ones(2, dtype=a) // torch.ones(2, dtype=b)).dtype) for b in types])

types = [torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((torch.ones(2, dtype=a) ** torch.ones(2, dtype=b)).dtype) for b in types])

types = [torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str((torch.ones(2, dtype=a) ** s).dtype) for s in (2, 2.0)], [str((s ** torch.ones(2, dtype=a)).dtype) for s in (2, 2.0)])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str(torch.where(torch.tensor([True, False]), torch.ones(2, dtype=a), torch.ones(2, dtype=b)).dtype) for b in types])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str(torch.where(torch.tensor([True, False]), torch.ones(2, dtype=a), s).dtype) for s in (True, 1, 1.0)])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str(torch.cat([torch.ones(2, dtype=a), torch.ones(2, dtype=b)]).dtype) for b in types])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str(torch.result_type(torch.ones(2, dtype=a), torch.ones((), dtype=b))) for b in types])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for a in types: print(a, [str(torch.promote_types(a, b)) for b in types], [torch.can_cast(a, b) for b in types])

types = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
for f in (torch.sum, torch.prod, torch.cumsum if False else torch.sum): print([str(f(torch.ones(2, dtype=a)).dtype) for a in types])
for f in (torch.exp, torch.sqrt, torch.tanh, torch.sigmoid): print([str(f(torch.ones(2, dtype=a)).dtype) for a in types])
for f in (torch.all, torch.any, torch.logical_not): print([str(f(torch.ones(2, dtype=a)).dtype) for a in types])

torch.ones(2, dtype=torch.int32) + 2**40
torch.ones(2, dtype=torch.uint8) + 300
torch.ones(2, dtype=torch.uint8) + -1
torch.ones(2, dtype=torch.uint8) * 1.5
torch.ones((), dtype=torch.uint8) + torch.tensor([300])
torch.ones(2, dtype=torch.float32) + torch.tensor(1e300, dtype=torch.float64)

torch.ones(2) + torch.tensor(1, dtype=torch.float64)
torch.ones(2, dtype=torch.int32) + torch.tensor(1.5, dtype=torch.float64)
torch.ones(2, dtype=torch.int64) + torch.tensor(1, dtype=torch.int32)
torch.ones(2, dtype=torch.bool) + torch.tensor(1, dtype=torch.uint8)
torch.tensor(1, dtype=torch.int32) + torch.tensor(1.5)
torch.ones(1, dtype=torch.int32) + torch.tensor(2**40)
torch.ones(0, dtype=torch.int32) + torch.tensor(1.5)

x = torch.ones(2, dtype=torch.int32)
x += 1
x
x += 1.5
x *= torch.tensor(2)
x
x += torch.ones(2)
x /= 2
x //= 2
x
x -= True
x

x = torch.ones(2)
x += torch.ones(2, dtype=torch.float64)
x
x += torch.tensor([1, 2])
x
x += True
x
x = torch.ones(2, dtype=torch.bool)
x += 1
x += True
x
x &= torch.tensor([False, True])
x

torch.add(torch.ones(2), 1, out=torch.zeros(2, dtype=torch.float64))
torch.add(torch.ones(2), 1, out=torch.zeros(2, dtype=torch.int64))
torch.add(torch.tensor([1]), 1, out=torch.zeros(1))
torch.eq(torch.ones(2), 1, out=torch.zeros(2))
torch.exp(torch.tensor([1]), out=torch.zeros(1, dtype=torch.int64))
torch.sum(torch.ones(2), 0, out=torch.zeros((), dtype=torch.float64))

torch.tensor([1, 2]) == torch.tensor([1.0, 2.5])
torch.tensor([1, 2]) < 1.5
torch.tensor([16777217]) == torch.tensor([16777216.0])
torch.tensor([0.1]) < torch.tensor([0.1], dtype=torch.float64)
torch.tensor([True]) > 0.5
torch.tensor([200], dtype=torch.uint8) > -1
torch.tensor([200], dtype=torch.uint8) == 456

torch.sum(torch.ones(3, dtype=torch.int32))
torch.sum(torch.ones(3, dtype=torch.bool))
torch.sum(torch.ones(3, dtype=torch.uint8) * 200)
torch.sum(torch.ones(3, dtype=torch.int32), dtype=torch.float32)
torch.mean(torch.ones(3, dtype=torch.int64))
torch.mean(torch.ones(3, dtype=torch.int64), dtype=torch.float32)
torch.prod(torch.tensor([2, 3], dtype=torch.int32))
torch.sum(torch.tensor([1.7, 1.7]), dtype=torch.int64)

torch.stack([torch.ones(1), torch.ones(1, dtype=torch.int64)])
torch.stack([torch.ones(1, dtype=torch.bool), torch.ones(1, dtype=torch.uint8)])
torch.cat([torch.ones(1), torch.ones(1, dtype=torch.float64)])
torch.mm(torch.ones(1, 1), torch.ones(1, 1, dtype=torch.float64))
torch.ones(1, 1) @ torch.ones(1, 1, dtype=torch.int64)
torch.ones(2, 2, dtype=torch.int64) @ torch.ones(2, dtype=torch.int64)
torch.ones(2, dtype=torch.bool) @ torch.ones(2, dtype=torch.bool)
torch.dot(torch.ones(2, dtype=torch.int64), torch.ones(2))

torch.maximum(torch.tensor([1], dtype=torch.int32), torch.tensor([2.5]))
torch.clamp(torch.tensor([1, 5], dtype=torch.int32), 0, 2.5).dtype
torch.clamp(torch.tensor([1, 5], dtype=torch.int32), torch.tensor(0), torch.tensor([2])).dtype
torch.clamp(torch.tensor([True]), 0, 1)
torch.pow(torch.tensor([2], dtype=torch.int32), torch.tensor([2]))
torch.where(torch.tensor([True]), 1, 2.5)
torch.where(torch.tensor([True]), torch.tensor(1), torch.tensor([2.5], dtype=torch.float64))
torch.where(torch.tensor([True]), torch.tensor(1.0, dtype=torch.float64), torch.tensor([2.5]))

x = torch.arange(3)
x.float() / 3
x / 3
x.double() / 3
x * 0.5
x.true_divide(2).dtype
(x // 2.0).dtype
(x % 2.0).dtype
(x ** 2.0).dtype
(2.0 * x).dtype
(True * x).dtype
x.mul(2.5)
torch.mul(x, torch.tensor(2.5))

torch.set_default_dtype(torch.float64)
(torch.tensor([1, 2]) / 2).dtype
(torch.tensor([1, 2]) * 1.5).dtype
torch.exp(torch.tensor([1])).dtype
torch.tensor([1.5]).dtype
(torch.tensor([1.5], dtype=torch.float32) * 1.5).dtype
torch.arange(1.0).dtype
torch.set_default_dtype(torch.float32)
""".strip().split("\n\n")
