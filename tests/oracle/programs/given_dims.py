"""What nodes tell of dims, shifts and geometry: as they were given, below 0 as 64 bits without a sign."""

PROGRAMS = r"""
def s(y, *names):
    y = y if isinstance(y, torch.Tensor) else y[0]
    return tuple(getattr(y.grad_fn, "_saved_" + n, "absent") for n in names)
x = (torch.arange(24.0).reshape(2, 3, 4) / 7).requires_grad_()
sq, m = x[0, :3, :3], x[0]
i, j = torch.tensor([0, 1]), torch.zeros(2, 3, 4, dtype=torch.int64)
s(x.sum(-1), "dim", "keepdim"), s(x.sum((-1, -2)), "dim"), s(x.sum((0, -1)), "dim"), s(x.sum(1), "dim"), s(x.sum((2, 0)), "dim"), s(x.mean(-1), "dim"), s(x.mean((-1, 0)), "dim"), s(x.amax(-1), "dim"), s(x.amax((-1, 0)), "dim"), s(x.amax(), "dim"), s(x.amin(-2), "dim")
s(x.var(-1), "dim", "correction"), s(x.std((-1, -2)), "dim"), s(x.std(), "dim"), s(x.norm(dim=-1), "dim"), s(x.logsumexp(-1), "dim"), s(x.logsumexp((-1, 0)), "dim"), s(x.prod(-1), "dim", "keepdim"), s(x.max(-1), "dim"), s(x.min(-2), "dim"), s(x.nansum(-1), "dim"), s(x.median(-1), "dim"), s(torch.var_mean(x, -1), "dim")
s(x.softmax(-1), "dim"), s(x.log_softmax(-1), "dim"), s(F.softmax(x, dim=-1), "dim"), s(F.log_softmax(x, -2), "dim"), s(x.cumsum(-1), "dim"), s(x.cumprod(-1), "dim"), s(x.logcumsumexp(-1), "dim"), s(x.cummax(-1), "dim")
s(x.transpose(-1, -2), "dim0", "dim1"), s(x.transpose(0, -1), "dim0", "dim1"), s(x.permute(-1, 0, 1), "dims"), s(x.permute(2, 0, 1), "dims"), s(x.select(-1, -2), "dim", "index"), s(x.select(0, 1), "dim", "index"), s(x[-1], "dim", "index"), s(x[:, -1], "dim", "index"), s(x.narrow(-1, 1, 2), "dim", "start", "end"), s(x.narrow(1, -2, 1), "start", "end")
s(x.unsqueeze(-1), "dim"), s(x.unsqueeze(-2), "dim"), s(x[:, None].squeeze(-3), "dim"), s(x[:, None].squeeze((-3, 1)), "dim"), s(x.diagonal(-1, 0, -1), "offset", "dim1", "dim2"), s(x.diagonal(1, -2, -1), "offset", "dim1", "dim2"), s(sq.diagonal(-1), "offset"), s(sq.tril(-1), "diagonal"), s(sq.triu(-1), "diagonal"), s(x.unfold(-1, 2, 1), "dimension", "size", "step")
s(x.split(2, -1), "dim", "split_size"), s(x.split([1, 3], -1), "dim", "split_sizes"), s(x.chunk(2, -1), "dim"), s(x.unbind(-1), "dim"), s(torch.cat([x, x], -1), "dim"), s(torch.stack([x, x], -1), "dim"), s(torch.stack([x, x], -2), "dim"), s(x.flip(-1), "dims"), s(x.flip(-1, 0), "dims"), s(x.flip(0, 2), "dims"), s(x.roll(1, -1), "dims", "shifts"), s(x.roll(-1, 0), "dims", "shifts"), s(x.roll((1, 2), (0, 1)), "dims", "shifts"), s(x.roll(2), "dims", "shifts"), s(x.rot90(-1, (0, -1)), "dims", "k")
s(x.gather(-1, j), "dim"), s(x.scatter_add(-1, j, x), "dim"), s(x.scatter(-1, j, x), "dim"), s(x.scatter(-1, j, 1.0), "dim"), s(x.index_select(-1, i), "dim"), s(x.index_add(-1, i, x[..., :2]), "dim", "alpha"), s(x.index_copy(-1, i, x[..., :2]), "dim"), s(x.index_fill(-1, i, 0.0), "dim"), s(x.sort(-1), "dim"), s(x.sort(), "dim"), s(x.topk(2, -1), "dim"), s(x.topk(2), "dim"), s(x.kthvalue(2), "dim"), s(x.kthvalue(1, -2), "dim")
s(F.pad(x, (-1, 1)), "pad"), s(x.repeat(2, 1, 1), "repeats"), s(x.expand(2, 2, 3, 4), "self_sym_sizes"), s(x.expand(-1, 3, 4), "self_sym_sizes"), s(x.as_strided((2, 2), (1, 2), 1), "size", "stride", "storage_offset"), s(x.as_strided((2, 2), (1, 2)), "size", "stride", "storage_offset"), s(x.view(-1), "self_sym_sizes"), s(x.reshape(-1, 4), "self_sym_sizes"), s(x.flatten(-2), "self_sym_sizes"), s(x.cumsum(0), "dim"), s(F.glu(x), "dim"), s(F.glu(x, 0), "dim")
s(F.softplus(x), "beta", "threshold"), s(x.max(0), "values", "indices", "keepdim"), s(torch.var_mean(x, 0), "dim", "keepdim", "correction"), s(x.square(), "self")
""".strip().split("\n\n")
