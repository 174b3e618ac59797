"""Strides that memory formats give, and what a tensor says about devices and layouts that are not its own."""

PROGRAMS = r"""
x = torch.rand(2, 3, 4, 5)
y = x.contiguous(memory_format=torch.channels_last)
shapes = [x, y, x.transpose(1, 3), x[:, :, ::2], x[0], x.expand(2, 3, 4, 5), x[:1].expand(2, 3, 4, 5), x.new_zeros(2, 3, 4, 5, 6), x.new_zeros(2, 1, 4, 5), x.new_zeros(2, 3, 1, 1), y[:, :, 1:, :], x[:0]]
formats = [torch.contiguous_format, torch.preserve_format, torch.channels_last, torch.channels_last_3d, None, 3]
makers = [torch.empty_like, torch.zeros_like, torch.ones_like, torch.rand_like, torch.randn_like, lambda t, **k: torch.full_like(t, 3, **k), lambda t, **k: torch.randint_like(t, 3, **k), torch.clone, torch.Tensor.to, torch.Tensor.double, torch.Tensor.float]
def told(f, *args, **kw):
    try:
        r = f(*args, **kw)
        return r.stride(), r.is_contiguous(), r.is_contiguous(memory_format=torch.channels_last), r.is_contiguous(memory_format=torch.channels_last_3d)
    except Exception as e:
        return type(e).__name__
for make in makers:
    for t in shapes:
        print([told(make, t, memory_format=m) for m in formats])
[[told(torch.Tensor.contiguous, t, memory_format=m) for m in formats if m] for t in shapes]
[told(torch.empty, *size, memory_format=m) for size in ((2, 3, 4, 5), (2, 3), (2, 3, 4, 5, 6), (0, 3, 4, 5), (2, 1, 1, 1), ()) for m in formats]
torch.empty((2, 3, 4, 5), memory_format=torch.channels_last, dtype=torch.float64).stride()
torch.zeros(2, 3, 4, 5, memory_format=torch.channels_last)
torch.zeros_like(x, dtype=torch.int64, memory_format=torch.channels_last)[0, :, 0].tolist()
torch.full_like(x, 7, memory_format=torch.channels_last).sum()
torch.empty(2, 3, memory_format=torch.channels_last)

net = nn.Sequential(nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
net[0].weight.stride(), net[0].bias.stride()
net.to(torch.float64, memory_format=torch.contiguous_format)[0].weight.stride()

x = torch.zeros(2, 3)
x.is_pinned(), x.is_shared(), x.is_distributed(), x.is_cuda, x.is_mps, x.is_xpu, x.is_ipu, x.is_vulkan, x.is_xla, x.is_maia, x.is_mtia
x.is_sparse, x.is_sparse_csr, x.is_quantized, x.is_mkldnn, x.is_meta, x.is_nested, x.is_cpu
x.is_coalesced()
x.pin_memory()
x.volatile
x.volatile = True
x.volatile
x.real is x, x.conj() is x, x.to_dense() is x, torch.conj(x) is x, torch.real(x) is x
x.imag
torch.is_conj(x), torch.is_neg(x), torch.is_inference(x), torch.is_distributed(x), torch.is_signed(x), torch.is_signed(x.to(torch.uint8))
x.dense_dim(), x.sparse_dim()
x.is_hpu
""".strip().split("\n\n")
