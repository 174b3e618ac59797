"""Views: shapes, strides, sharing of memory."""

PROGRAMS = r"""
x = torch.arange(6.0)
v = x.view(2, 3)
v
v.stride(), v.storage_offset(), v.is_contiguous()
v[0, 0] = 100
x
x.view(-1)
x.view(3, -1)
x.view(-1, 6, 1).shape
x.view(4)
x.view(-1, -1)
x.view(-1, 4)
x.view(0, -1)

x = torch.arange(6).view(2, 3).t()
x.view(6)
x.view(3, 2)
x.view(-1)
x.reshape(6)
x.reshape(6).stride()
x.reshape(3, 2) is x
x.reshape(3, 2).data_ptr() == x.data_ptr()
x.contiguous().stride()
x.contiguous().view(6)

x = torch.zeros(0, 3)
x.view(3, 0).shape
x.view(0)
x.view(-1, 3).shape
x.view(0, -1)
x.reshape(2, 0, 5).shape
x.reshape(-1)
x.view(0, 0, 7).stride()

x = torch.arange(4.0)
x.view(2, 2).view(4).view(1, 4).shape
x.view((2, 2))
x.view([4, 1]).shape
x.view(torch.Size([2, 2])).shape
x.view(size=(2, 2)).shape
x.view()
x.view(2.0, 2)
torch.tensor(5).view(1)
torch.tensor(5).view(())
torch.tensor([5]).view(())

x = torch.arange(4)
x.reshape(2, 2)
torch.reshape(x, (2, 2))
torch.reshape(x, (-1,))
x.reshape(5)
x.reshape(-1, 3)
x.reshape_as(torch.ones(2, 2))
x.view_as(torch.ones(2, 2))
x.view_as(torch.ones(3))

x = torch.arange(24).view(2, 3, 4)
x.flatten().shape
x.flatten(1).shape
x.flatten(0, 1).shape
x.flatten(-2).shape
torch.flatten(x, 1, 2).shape
x.flatten(2, 1)
x.flatten(3)
torch.tensor(3).flatten()
x.unflatten(2, (2, 2)).shape
x.ravel().shape

x = torch.zeros(2, 3)
x.transpose(0, 1).shape
x.transpose(-1, -2).stride()
x.transpose(0, 0).shape
x.transpose(0, 2)
x.t().shape
torch.zeros(3).t()
torch.zeros(2, 3, 4).t()
torch.tensor(1).t()
torch.tensor(1).transpose(0, -1)
torch.transpose(x, 0, 1).shape
x.swapaxes(0, 1).shape
x.swapdims(0, 1).shape

x = torch.zeros(2, 3, 4)
x.T.shape
x.mT.shape
x.mT.stride()
torch.zeros(3).mT
torch.zeros(2, 3).T.stride()
torch.zeros(3).T.shape
x.mH.shape

x = torch.arange(24).view(2, 3, 4)
x.permute(2, 0, 1).shape
x.permute(2, 0, 1).stride()
x.permute((0, 2, 1)).shape
x.permute(-1, 0, 1).shape
torch.permute(x, (1, 0, 2)).shape
x.permute(0, 1)
x.permute(0, 0, 1)
x.permute(0, 1, 3)
torch.tensor(1).permute(())
x.permute()

x = torch.zeros(1, 2, 1, 3)
x.squeeze().shape
x.squeeze(0).shape
x.squeeze(1).shape
x.squeeze(-2).shape
x.squeeze((0, 2)).shape
x.squeeze(4)
torch.squeeze(x, 2).shape
torch.tensor([5]).squeeze()
torch.tensor(5).squeeze(0)
torch.tensor(5).squeeze(1)
x.squeeze().stride()

x = torch.zeros(2, 3)
x.unsqueeze(0).shape
x.unsqueeze(2).stride()
x.unsqueeze(1).stride()
x.unsqueeze(-1).shape
x.unsqueeze(-3).shape
x.unsqueeze(3)
x.unsqueeze(-4)
torch.tensor(1).unsqueeze(0)
torch.unsqueeze(x, 1).shape
x[:, None].stride()

w = torch.tensor([1.0, 2.0, 3.0])
W = w.expand(2, 3)
W
W.stride(), W.shape, W.is_contiguous()
W.data_ptr() == w.data_ptr()
w[0] = 9
W
w.expand(3, 2)
w.expand(2, -1).shape
w.expand(-1, 3)
w.expand(4, 2, 3).stride()
w.expand((2, 3)).shape
w.expand(-1)

x = torch.zeros(3, 1)
x.expand(3, 4).stride()
x.expand(-1, 4).shape
x.expand(2, 3, 4).stride()
x.expand(3)
x.expand(4, 4)
x.expand(3, 0).shape
x.expand_as(torch.zeros(3, 5)).shape
torch.tensor(2.0).expand(2, 2)
torch.tensor(2.0).expand(2, 2).stride()
torch.tensor(1).expand(())
torch.zeros(0).expand(2, 0).shape
torch.zeros(1).expand(-2)

x = torch.arange(3)
torch.broadcast_to(x, (2, 3))
x.broadcast_to((2, 3)).stride()
torch.broadcast_to(x, (2, 2))
a, b = torch.broadcast_tensors(torch.zeros(2, 1), torch.arange(3))
a.shape, b.shape, b.stride()
b
torch.broadcast_tensors(torch.zeros(2), torch.zeros(3))
torch.broadcast_shapes((2, 1), (3,))
torch.broadcast_shapes((2,), (3,))

x = torch.arange(12).view(3, 4)
x.select(0, 1)
x.select(1, -1)
x.select(1, 2).stride()
x.select(1, 2).storage_offset()
x.select(2, 0)
x.select(0, 3)
x.select(0, -4)
torch.tensor(3).select(0, 0)
torch.select(x, 0, 0)

x = torch.arange(12).view(3, 4)
x.narrow(1, 1, 2)
x.narrow(0, 0, 0).shape
x.narrow(0, 3, 0).shape
x.narrow(0, 2, 2)
x.narrow(0, -1, 1)
x.narrow(0, 4, 0)
x.narrow(1, 0, -1)
x.narrow(2, 0, 1)
torch.narrow(x, 0, 1, 1)
x.narrow(0, 1, 2).storage_offset()

x = torch.arange(12).view(3, 4)
x.diagonal()
x.diagonal(1)
x.diagonal(-1)
x.diagonal(0, 1, 0)
x.diagonal(5)
x.diagonal().stride()
torch.diagonal(torch.zeros(2, 3, 4), 0, 1, 2).shape
torch.zeros(2, 3, 4).diagonal(dim1=0, dim2=-1).shape
x.diagonal(0, 0, 0)
torch.zeros(3).diagonal()
x.diagonal(0, 0, 2)

x = torch.arange(9)
x.as_strided((3, 3), (1, 2))
x.as_strided((2, 2), (3, 1), 1)
x.as_strided((2, 2), (0, 1))
x.as_strided((), ())
x.as_strided((4, 4), (3, 1))
x.as_strided((2,), (-1,))
x.as_strided((2, 2), (1,))
x.as_strided((2,), (1,), -1)
x[2:].as_strided((2,), (1,))
x[2:].as_strided((2,), (1,), 0)
torch.as_strided(x, (0,), (1,)).shape

x = torch.arange(7)
x.unfold(0, 3, 2)
x.unfold(0, 3, 1).stride()
x.unfold(0, 7, 1)
x.unfold(0, 8, 1)
x.unfold(0, 2, 0)
x.unfold(0, -1, 1)
torch.arange(8).view(2, 4).unfold(1, 2, 2)
torch.arange(8).view(2, 4).unfold(-1, 2, 1).shape
x.unfold(1, 2, 1)
torch.tensor(3).unfold(0, 1, 1)

x = torch.arange(10).view(5, 2)
x.split(2)
x.split([1, 4])
x.split(2, dim=1)
x.split([1, 1])
x.split(0)
x.split(-1)
x.split([6, -1])
torch.split(x, 3)[1]
x.split(100)
x.split(2, 2)
torch.zeros(0).split(2)

x = torch.arange(5)
x.chunk(2)
x.chunk(3)
x.chunk(5)
x.chunk(7)
x.chunk(0)
torch.chunk(x, 2, 0)
x.view(1, 5).chunk(2, 1)
x.view(1, 5).chunk(2, dim=-1)
x.chunk(2, 1)
torch.tensor(1).chunk(2)

x = torch.arange(6).view(2, 3)
x.unbind()
x.unbind(1)
torch.unbind(x, -1)
x.unbind(2)
torch.tensor(1).unbind()
a, b = x
a, b
[r.tolist() for r in x]
list(torch.arange(2))
list(torch.tensor(1))
len(x)
len(torch.tensor(1))
for r in torch.zeros(0, 2): print(r)
next(iter(x))

x = torch.arange(4.0)
d = x.detach()
d.data_ptr() == x.data_ptr()
d[0] = 7
x
y = torch.ones(2, requires_grad=True)
y.detach().requires_grad
y.data.requires_grad
y.data[0] = 5
y
y.data = torch.zeros(2)
y
y.data = torch.zeros(3)
y.shape
y.data = 3

x = torch.zeros(3, 4)
x.is_contiguous()
x.t().is_contiguous()
x[:, 0].is_contiguous()
x[0].is_contiguous()
x[:0].is_contiguous()
x[:, :1].is_contiguous()
x[:1].is_contiguous()
torch.zeros(3, 1).t().is_contiguous()
torch.zeros(1, 3).expand(2, 3).is_contiguous()
x.contiguous() is x
x.t().contiguous().is_contiguous()
torch.zeros(2, 1, 3)[:, :, ::3].is_contiguous()

x = torch.arange(6).view(2, 3)
c = x.clone()
c[0, 0] = 9
x[0, 0]
x.t().clone().stride()
x.expand(2, 2, 3).clone().stride()
torch.arange(3).expand(2, 3).clone().stride()
torch.arange(3).expand(2, 3).contiguous().stride()
x[:, ::2].clone().stride()
torch.clone(x)
x.t().clone(memory_format=torch.contiguous_format).stride()

x = torch.zeros(2, 3)
x.stride()
x.stride(0)
x.stride(-1)
x.stride(2)
x.storage_offset()
x[1, 1:].storage_offset()
x.dim()
x.numel()
torch.tensor(1).stride()
torch.zeros(2, 0, 3).stride()
torch.zeros(0).stride()

x = torch.arange(4)
y = x[1:]
y.data_ptr() - x.data_ptr()
y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
x.is_set_to(x)
torch.arange(4.0).view(2, 2)[1].add_(1)
x[::2].data_ptr() == x.data_ptr()
x.storage_offset(), y.storage_offset()

x = torch.arange(8).view(2, 2, 2)
x.movedim(0, 2).shape
torch.movedim(x, (0, 1), (1, 2)).stride()
x.transpose(0, 2).transpose(0, 2).is_contiguous()
x.permute(2, 1, 0).reshape(4, 2)
x.permute(1, 0, 2).view(2, 4)
x[:, 0].view(4)
x[0].view(4)
x.transpose(1, 2).view(2, 2, 2)
x.transpose(1, 2).flatten()

x = torch.zeros(4, 4)
x[1:3, 1:3] = torch.ones(2, 2)
x
x.view(2, 2, 2, 2)[0, 0].fill_(3)
x
x.t()[0] = 7
x
x.diagonal().fill_(9)
x
x.unfold(0, 2, 2)[0].zero_()
x

x = torch.ones(2, requires_grad=True)
v = x.view(1, 2)
v._is_view()
v._base is x
x._is_view()
x.clone()._is_view()
v.is_leaf, x.is_leaf
x.detach()._is_view()
x[:1]._base is x
v[0]._base is x

x = torch.zeros(2, 3)
x.unsqueeze_(0).shape
x.squeeze_().shape
x.t_().shape
x.transpose_(0, 1).shape
x.resize_(3, 2).shape
x.t_()
torch.zeros(2, 2, 2).t_()
x.requires_grad_().t().shape

x = torch.arange(3)
x.repeat(2)
x.repeat(2, 1)
x.repeat(1, 2)
x.repeat(2, 2, 2).shape
x.view(3, 1).repeat(2)
x.repeat(0).shape
x.repeat(-1)
torch.tensor(3).repeat(2)
x.repeat((2, 1)).stride()
torch.tile(x, (2,))
x.tile(2, 1)
torch.arange(4).view(2, 2).tile(2)
x.repeat()

x = torch.arange(6).view(2, 3)
x.flip(0)
x.flip(1)
x.flip(0, 1)
x.flip(-1)
torch.flip(x, (0,))
torch.flip(x, [])
x.flip(2)
x.flip(0, 0)
torch.tensor(1).flip(0)
x.t().flip(0).stride()
torch.fliplr(x)
torch.flipud(x)
torch.roll(x, 1)
""".strip().split("\n\n")
