"""What is no Tensor where one is asked for: which class tells it, function by function; floats in an index list; parts that are all of a tensor; small batches of products."""

PROGRAMS = r"""
image, grid, four = torch.rand(2, 4, 6, 6), torch.rand(2, 3, 3, 2), torch.ones(4)
def told(*calls):
    for call in calls:
        for bad in (None, [1.0], "s", 1, 1.5):
            try:
                call(bad)
                print("ok", bad)
            except Exception as error:
                print(type(error).__name__, bad)
told(lambda bad: F.grid_sample(bad, grid, align_corners=False), lambda bad: F.grid_sample(image, bad, align_corners=False))
told(lambda bad: F.affine_grid(bad, (2, 1, 3, 3), align_corners=False))
told(lambda bad: F.batch_norm(bad, None, None, training=True), lambda bad: F.batch_norm(bad, four, four), lambda bad: F.batch_norm(image, bad, four), lambda bad: F.batch_norm(image, four, four, bad))
told(lambda bad: F.batch_norm(image, four, four, four, bad, True), lambda bad: F.batch_norm(image, four, four, training=bad))
told(lambda bad: F.instance_norm(bad), lambda bad: F.instance_norm(image, weight=bad), lambda bad: F.instance_norm(image, bad, four))
told(lambda bad: F.layer_norm(bad, (6,)), lambda bad: F.layer_norm(image, (6,), bad), lambda bad: F.layer_norm(image, (6,), None, bad))
told(lambda bad: F.group_norm(bad, 2), lambda bad: F.group_norm(image, 2, bad), lambda bad: F.group_norm(image, 2, four, bad), lambda bad: F.rms_norm(image, (6,), bad), lambda bad: F.local_response_norm(bad, 2))
F.batch_norm(image, None, four, training=True)
F.batch_norm(image, four, None, training=True)
F.instance_norm(image, None, four)

def told(*calls):
    for call in calls:
        for bad in (None, [1.0], "s", 1, 1.5):
            try:
                call(bad)
                print("ok", bad)
            except Exception as error:
                print(type(error).__name__, bad)
steps, weight, batch = torch.rand(4, 2, 5), torch.rand(3, 5, 2), torch.rand(2, 4, 5)
told(lambda bad: F.conv_tbc(bad, weight, torch.ones(2)), lambda bad: F.conv_tbc(steps, bad, torch.ones(2)), lambda bad: F.conv_tbc(steps, weight, bad))
logs, labels, two = torch.rand(6, 2, 5).log_softmax(-1), torch.tensor([[1, 2], [2, 1]]), torch.tensor([2, 2])
told(lambda bad: F.ctc_loss(bad, labels, two, two), lambda bad: F.ctc_loss(logs, bad, two, two), lambda bad: F.ctc_loss(logs, labels, bad, two), lambda bad: F.ctc_loss(logs, labels, two, bad), lambda bad: F.ctc_loss(logs, labels, bad, bad))
F.ctc_loss(logs, labels, (6, 6), two)
F.ctc_loss(logs, labels, (6, 6), [2, 2]) == F.ctc_loss(logs, labels, torch.tensor([6, 6]), two)
F.ctc_loss(torch.ones(6, 2, 5, dtype=torch.int64), labels, two, two)
told(lambda bad: F.gumbel_softmax(bad), lambda bad: F.scaled_dot_product_attention(bad, batch, batch), lambda bad: F.scaled_dot_product_attention(batch, bad, batch), lambda bad: F.scaled_dot_product_attention(batch, batch, bad))
told(lambda bad: F.binary_cross_entropy_with_logits(bad, batch), lambda bad: F.binary_cross_entropy_with_logits(batch, bad), lambda bad: F.binary_cross_entropy_with_logits(batch, batch, pos_weight=bad))
told(lambda bad: F.adaptive_max_pool1d(bad, 2), lambda bad: F.adaptive_max_pool2d(bad, 2), lambda bad: F.adaptive_avg_pool1d(bad, 2), lambda bad: F.adaptive_avg_pool3d(bad, 2))
told(lambda bad: F.upsample(bad, 3), lambda bad: F.gaussian_nll_loss(bad, batch, batch), lambda bad: F.margin_ranking_loss(batch, bad, batch), lambda bad: torch.tensordot(bad, batch))
told(lambda bad: F.pairwise_distance(bad, batch), lambda bad: F.poisson_nll_loss(batch, bad), lambda bad: F.bilinear(batch, batch, torch.rand(3, 5, 5), bad), lambda bad: F.one_hot(two, bad))
told(lambda bad: nn.grad.conv1d_input((2, 4, 5), bad, batch), lambda bad: nn.grad.conv1d_input((2, 4, 5), torch.rand(3, 4, 2), bad), lambda bad: nn.grad.conv1d_weight(bad, (3, 4, 2), batch), lambda bad: nn.grad.conv1d_weight(batch, (3, 4, 2), bad))
rnn = nn.utils.rnn
told(lambda bad: rnn.pad_sequence([bad]), lambda bad: rnn.pad_sequence(bad), lambda bad: rnn.pack_padded_sequence(bad, two), lambda bad: rnn.pack_padded_sequence(batch, two, bad), lambda bad: rnn.unpad_sequence(bad, two))
told(lambda bad: torch.chain_matmul(bad, torch.eye(2)), lambda bad: torch.linalg.multi_dot([bad, torch.eye(2)]), lambda bad: torch.linalg.vander(bad), lambda bad: torch.ones(2).map_(bad, lambda a, b: a))
torch.isin([1.0], torch.ones(2)), 1
torch.isin(torch.ones(2), [1.0])
torch.isin(1.0, 1.0)
torch.isin(torch.ones(2), 1.0), torch.isin(1.0, torch.ones(2))

x = torch.ones(2, requires_grad=True)
torch.autograd.backward(None)
torch.autograd.backward([1.0])
torch.autograd.backward([None])
torch.autograd.backward([])
torch.autograd.backward(x.sum(), inputs=[1.0])
torch.autograd.backward(x.sum(), inputs=None)
x.sum().backward(inputs=1.0)
torch.autograd.grad(None, x)
torch.autograd.grad([1.0], x)
torch.autograd.grad([x.sum(), 1.0], x)
torch.autograd.grad(x.sum(), None)
torch.autograd.grad(x.sum(), [None])
torch.autograd.grad(x.sum(), [])
torch.autograd.grad([], x)
torch.autograd.grad(x.sum(), x, [1.0])
torch.autograd.grad(x.sum(), x, 1.0)

x = torch.arange(12.).view(3, 4)
x[[1.0]], x[[1.7, 0]], x[[0, 1], [1.0, 2.0]], x[[[0.0, 1.0]]], x[[]]
x[torch.tensor([1.0])]
x[[1.5]] = 0
x

torch.broadcast_shapes(None, (4,)), torch.broadcast_shapes((3, 1), None, 4), torch.broadcast_shapes(), torch.broadcast_shapes(None)
torch.broadcast_shapes(1.5, (4,))
torch.broadcast_shapes(torch.ones(2), (4,))
torch.broadcast_shapes({}, (4,))
torch.broadcast_shapes(-1, (4,))
torch.broadcast_shapes((4,), -1)
p = nn.Parameter(torch.ones(2))
nn.utils.clip_grad_value_([p], 1.0)
nn.utils.clip_grad_value_([], 1.0)
nn.utils.clip_grad_norm_([p], None)
nn.utils.clip_grad_norm_([p], "s")
nn.utils.clip_grad_norm_([p], 1.0)
F.interpolate(torch.ones(3), 3)
F.interpolate(torch.ones(3, 2), 3)
F.interpolate(torch.tensor(1.0), scale_factor=2)
F.unfold(torch.ones(1, 1, 4, 4), [1.0])
F.unfold(torch.ones(1, 1, 4, 4), [])
F.fold(torch.ones(1, 4, 4), (3, 3), 2.0)
F.fold(torch.ones(1, 4, 4), (3, 3, 3), 2)
F.pad(torch.ones(2, 2), [1.0, 1.0])
F.pad(torch.ones(2, 2), "ab")
torch.dist(torch.ones(2), 1)
torch.inner(torch.tensor(1.0), 1)

x = torch.ones(2, 2, requires_grad=True)
for src in (torch.ones(2, 2) > 0, torch.ones(2, 2, dtype=torch.int64), torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)):
    print(x.slice_scatter(src).requires_grad, x.slice_scatter(src, 0, 0, 2).requires_grad, x.select_scatter(src[0], 0, 0).requires_grad, x[:1].select_scatter(src[0], 0, 0).requires_grad, (x * 1).slice_scatter(src).requires_grad)
torch.autograd.grad(x.slice_scatter(torch.zeros(2, 2)).sum(), x), torch.autograd.grad(x[:1].select_scatter(torch.zeros(2), 0, 0).sum(), x)
x.slice_scatter(torch.zeros(2, 2)).grad_fn.name(), torch.ones(2, 2).slice_scatter(torch.zeros(2, 2)).requires_grad
w = torch.full((1, 2, 3), 1 / 3)
w @ torch.arange(12.0).view(1, 3, 4), torch.bmm(w, torch.arange(12.0).view(1, 4, 3).mT)
F.scaled_dot_product_attention(torch.ones(1, 2, 4), torch.ones(1, 3, 4), torch.arange(12.0).view(1, 3, 4))
""".strip().split("\n\n")
