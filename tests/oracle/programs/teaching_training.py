"""Cells of notebooks: constructors and conversions, small trainings, attention, parametrizations, functional."""

PROGRAMS = r"""
torch.device("cpu"), torch.device("cuda:0"), torch.device("cuda", 1).index, str(torch.device("cpu")), torch.ones(1).device == torch.device("cpu"), torch.device("cpu").type
torch.device("foo")
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.ones(2).to(device), torch.ones(1, device=device).cpu()
torch.ones(1).cuda()
torch.ones(1, device="cuda")
torch.ones(1).to("cuda")
nn.Linear(1, 1).cuda()
nn.Linear(1, 1).to(device)
torch.Generator(), torch.float32, torch.Size([2, 3]), torch.Size([2, 3]).numel(), torch.Size([2]) + (3,), torch.strided, torch.contiguous_format
torch.Size([2, 3]) == (2, 3), torch.Size([2, 3])[0], torch.Size([2, 3])[:1], torch.Size([]) , list(torch.Size([1])), torch.Size((1, 2)) + torch.Size((3,)), torch.Size([1]) * 2
torch.Size([1.5])
x = torch.ones(2, 3)
x.size(), x.shape, x.size(0), x.size(-1), x.dim(), x.numel(), x.type(), x.type(torch.int64), x.is_cuda, x.is_sparse, x.names, x.layout, x.ndim, x.requires_grad, x.grad, x.data, x.T, x.dtype, x.real, x.is_pinned()
x.imag
x.type("torch.DoubleTensor"), x.int(), x.long(), x.double(), x.half(), x.bool(), x.float() is x, x.to(torch.float32) is x, x.to(x.dtype), x.to(torch.ones(1, dtype=torch.float64)).dtype, x.type_as(torch.ones(1, dtype=torch.int64)), x.byte(), x.bfloat16()
x.new_zeros(2), x.new_tensor([1, 2]), x.new_ones((1,), dtype=torch.int64), x.new_full((1,), 3), x.new_empty(0)
torch.Tensor([1, 2]), torch.Tensor(2, 0), torch.FloatTensor([1]), torch.LongTensor([1, 2]), torch.Tensor(), torch.BoolTensor([1, 0]), torch.IntTensor(0), torch.DoubleTensor([[1.5]])
torch.Tensor(1.5)
torch.Tensor([[1, 2], [3]])
torch.LongTensor([1.5])
torch.set_default_dtype(torch.float64)
torch.ones(1), torch.tensor(1.5), torch.arange(2.0), torch.rand(1), nn.Linear(1, 1).weight.dtype, torch.ones(1, dtype=torch.float32)
torch.set_default_dtype(torch.int64)
torch.set_default_dtype(torch.float32)
torch.set_default_tensor_type(torch.DoubleTensor)
torch.ones(1)
torch.set_default_tensor_type("torch.FloatTensor")
torch.__version__.split("+")[0].split(".")[0], torch.version.cuda, torch.is_tensor(x), torch.is_storage(x), torch.numel(x), torch.typename(x), torch.is_nonzero(torch.tensor(1))
torch.is_nonzero(x)
with torch.device("cpu"): torch.ones(1)
torch.ones(2) + torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.int32) + torch.ones(2, dtype=torch.uint8), torch.tensor(True) + 1, torch.tensor(1) + 1.5, torch.tensor([1]) + torch.tensor(1.5), torch.ones(1, dtype=torch.float16) + torch.ones(1, dtype=torch.bfloat16), torch.tensor([True]) * 2.0, torch.tensor([1], dtype=torch.uint8) - 2, torch.tensor([200], dtype=torch.uint8) + 100
torch.tensor([True]) - torch.tensor([True])
-torch.tensor([True])
torch.tensor([1.5]) & 1
torch.tensor([1]).add_(1.5)
torch.tensor([1]).div_(2)
torch.ones(2).sqrt_(), torch.ones(2, dtype=torch.int64).sqrt(), torch.tensor([1, 2]).sqrt_()
torch.add(x, x, alpha=2)[0], torch.add(x, 1, out=x)[0], torch.mul(x, 2, out=torch.empty(0)).shape
torch.mul(x, 2, out=torch.empty(2))
torch.add(torch.ones(1), torch.ones(1), out=torch.ones(1, dtype=torch.int64))
torch.add(torch.ones(1, requires_grad=True), 1, out=torch.ones(1))
torch.sum(x, 0, out=3)
torch.sum(input=x, dim=0), torch.sum(x, axis=1, keepdims=True), x.sum(0, True), x.mean(axis=0), x.max(dim=1), x.argmax(dim=1, keepdim=True), x.std(0, unbiased=False), x.view(3, -1).shape, x.view([3, 2]).shape, x.view(torch.Size([6])).shape, x.reshape(6).shape, x.flatten(0).shape, x.expand(2, 2, -1).shape, x.permute([1, 0]).shape, x.repeat([2, 1]).shape, x.squeeze().shape, x.unsqueeze(-1).shape, x.movedim(0, 1).shape, x.swapaxes(0, 1).shape, x.unflatten(1, (3, 1)).shape, x.ravel().shape, x.narrow(1, 0, 2).shape, x.unfold(1, 2, 1).shape, x.as_strided((2,), (1,)), x.view_as(x.T).shape, x.expand_as(torch.ones(1, 2, 3)).shape, x.adjoint().shape, x.view(torch.int32)[0]
x.sum(foo=1)
x.sum(0, 1)
torch.sum()
torch.ones("a")
torch.ones([2, "a"])
torch.zeros((2, 3), dtype=float), torch.zeros(2, dtype=int), torch.zeros(2, dtype=bool), torch.ones(size=(2,)), torch.ones((2,), names=None), torch.rand(2, 0)
torch.zeros(2, dtype="float32")
torch.stack([x, x], dim=3)
torch.cat((x, x), 1).shape, torch.concat([x, x]).shape, torch.vstack([x, x]).shape, torch.hstack([x, x]).shape, torch.dstack([x, x]).shape, torch.column_stack([torch.ones(2), torch.zeros(2)])
torch.manual_seed("a")
torch.arange(3).tolist(), torch.tensor(1).item(), torch.tensor([[1.5]]).item(), torch.tensor([True]).item(), torch.tensor(2 ** 40).item(), torch.tensor(0.1).item(), torch.tensor(0.1, dtype=torch.float16).item()
torch.tensor([1, 2]).item()
torch.tensor([300], dtype=torch.uint8), torch.tensor([1.9], dtype=torch.int32), torch.tensor([-1.5]).to(torch.int64), torch.tensor([1e20]).to(torch.float16), torch.tensor(float("nan")).bool()
torch.tensor([-1], dtype=torch.uint8)
x.apply_(lambda v: v + 1), x.map_(x, lambda a, b: a + b)
x.numpy(), x.numpy().dtype, x.detach().cpu().numpy().shape, np.asarray(x).sum(), torch.from_numpy(np.arange(3, dtype=np.float32)), torch.ones(2, dtype=torch.bool).numpy(), torch.ones(1, dtype=torch.float16).numpy()
torch.ones(1, dtype=torch.bfloat16).numpy()
torch.from_numpy([1])
torch.from_numpy(np.array(["a"]))
torch.tensor(np.array(["a"]))
torch.from_numpy(np.arange(3)[::-1])
torch.from_numpy(np.float32(1))
a = np.ones(2)
t = torch.from_numpy(a)
t += 1
a, t
a = torch.ones(2)
b = a
b += 1
a, a is b
a = torch.ones(2)
b = a + 0
b += 1
a
l = [torch.zeros(1)] * 2
l[0] += 1
l
torch.tensor([torch.tensor(1), torch.tensor(2)]), torch.tensor([torch.ones(1), torch.ones(1)]), torch.stack([torch.tensor(1.0)])
torch.tensor([torch.ones(2), torch.ones(2)])
torch.tensor(torch.ones(2))
torch.tensor([np.ones(2), np.zeros(2)])
torch.tensor("abc")
torch.tensor([1, [2]])
torch.tensor({})
torch.tensor({"a": 1})
torch.tensor(range(3)), torch.tensor((1, 2.0)), torch.tensor([[], []]), torch.tensor([np.float32(1), 2])
torch.tensor(x for x in [1])
torch.tensor({1, 2})
torch.tensor([1, 2])[0] is torch.tensor([1, 2])[0], torch.tensor(1) is torch.tensor(1)

torch.manual_seed(42)
X = torch.linspace(-3, 3, 64).unsqueeze(1)
Y = torch.sin(X) + 0.1 * torch.randn_like(X)
model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
crit = nn.MSELoss()
for epoch in range(60):
    pred = model(X)
    loss = crit(pred, Y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 10 == 0: print(f"Epoch {epoch:3d} | loss {loss.item():.6f}")
loss
with torch.no_grad(): model(X[:3])
model[0].weight.grad.norm(), model[-1].bias
for n, p in model.named_parameters(): print(f"{n:12} {list(p.shape)} mean={p.mean():.4f} std={p.std():.4f} grad={p.grad.abs().max():.4f}")

torch.manual_seed(1)
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.c2 = nn.Conv2d(4, 8, 3)
        self.fc = nn.Linear(8 * 3 * 3, 3)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn(self.c1(x))), 2)
        x = F.relu(self.c2(x))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 3), 1))
net = CNN()
x, y = torch.randn(6, 1, 12, 12), torch.tensor([0, 1, 2, 0, 1, 2])
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True)
for i in range(8):
    out = net(x)
    loss = F.cross_entropy(out, y)
    opt.zero_grad(set_to_none=True); loss.backward(); opt.step()
    acc = (out.argmax(1) == y).float().mean()
    print(f"{i} {loss.item():.4f} {acc:.2f}")
net.bn.running_mean, net.bn.running_var, net.bn.num_batches_tracked
net.eval()
F.softmax(net(x), 1).max(1)
print(net)

torch.manual_seed(0)
text = "hello world hello there"
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
class RNN(nn.Module):
    def __init__(self, V, H):
        super().__init__()
        self.emb = nn.Embedding(V, 8); self.rnn = nn.LSTM(8, H, batch_first=True); self.out = nn.Linear(H, V)
    def forward(self, x, h=None):
        o, h = self.rnn(self.emb(x), h)
        return self.out(o), h
m = RNN(len(chars), 16)
opt = torch.optim.AdamW(m.parameters(), lr=0.02)
for i in range(30):
    logits, _ = m(data[None, :-1])
    loss = F.cross_entropy(logits[0], data[1:])
    opt.zero_grad(); loss.backward()
    norm = nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    opt.step()
    if i % 10 == 0: print(i, f"{loss:.4f} {norm:.4f}")
h, s = None, data[:1][None]
res = []
for _ in range(10):
    o, h = m(s, h)
    s = torch.multinomial(o[0, -1].softmax(0), 1)[None]
    res.append(chars[s.item()])
"".join(res)
m

torch.manual_seed(0)
B, T, C, H = 2, 4, 8, 2
x = torch.randn(B, T, C)
k, q, v = nn.Linear(C, C, bias=False)(x), nn.Linear(C, C, bias=False)(x), nn.Linear(C, C, bias=False)(x)
wei = q @ k.transpose(-2, -1) * C ** -0.5
wei = wei.masked_fill(torch.tril(torch.ones(T, T)) == 0, float("-inf")).softmax(-1)
wei[0]
(wei @ v)[0, 0]
F.scaled_dot_product_attention(q, k, v, is_causal=True)[0, 0]
mha = nn.MultiheadAttention(C, H, batch_first=True)
o, w = mha(x, x, x, attn_mask=nn.Transformer.generate_square_subsequent_mask(T))
o.shape, w[0]
enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(C, H, 16, batch_first=True, dropout=0.0), 2, enable_nested_tensor=False)
enc(x)[0, 0]
pe = torch.zeros(T, C)
pos = torch.arange(T).unsqueeze(1)
pe[:, 0::2] = torch.sin(pos * div)
pe[:, 1::2] = torch.cos(pos * div)
pe
nn.Transformer.generate_square_subsequent_mask(3)

lin = nn.Linear(3, 2)
nn.utils.parameters_to_vector(lin.parameters()).shape
nn.utils.vector_to_parameters(torch.arange(8.0), lin.parameters())
lin.weight
nn.utils.weight_norm(lin)
nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
nn.utils.spectral_norm(nn.Linear(2, 2))
import torch.nn.utils.prune as prune
l = prune.l1_unstructured(nn.Linear(2, 2), "weight", amount=0.5)
l, list(dict(l.named_buffers())), l.weight == 0
import torch.nn.utils.parametrize as parametrize
class Sym(nn.Module):
    def forward(self, X): return X.triu() + X.triu(1).transpose(-1, -2)
p = nn.Linear(2, 2)
parametrize.register_parametrization(p, "weight", Sym())
p
p.parametrizations.weight
torch.optim.swa_utils.AveragedModel(nn.Linear(1, 1))
from torch.utils.data import get_worker_info
torch.nn.utils.rnn.pack_padded_sequence(torch.ones(2, 3, 1), [3, 2], batch_first=True)
nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_padded_sequence(torch.ones(2, 3, 1), [3, 2], batch_first=True), batch_first=True)
torch.utils.data.dataloader.default_collate([1, 2])
lin.weight.requires_grad_(False)
[n for n, p in lin.named_parameters() if p.requires_grad]
for p in lin.parameters(): print(type(p), p.size())
lin.register_parameter("extra", None)
lin.extra
lin.register_parameter("bad", torch.ones(1))
lin.register_parameter("a.b", nn.Parameter(torch.ones(1)))
lin.register_buffer("weight", torch.ones(1))
lin.register_buffer("buf", 3)
lin.add_module("m", 3)
lin.weight = 3
lin.state_dict()["weight"].requires_grad
lin.type(torch.float64).weight.dtype, lin.float().weight.dtype
torch.nn.functional.interpolate(torch.arange(4.0).view(1, 1, 2, 2), scale_factor=2)
F.interpolate(torch.arange(4.0).view(1, 1, 2, 2), size=(3, 3), mode="bilinear", align_corners=True)
F.pad(torch.ones(1, 2), (1, 1), value=3), F.pad(torch.arange(3.0).view(1, 1, 3), (1, 1), mode="reflect"), F.unfold(torch.arange(9.0).view(1, 1, 3, 3), 2), F.normalize(torch.tensor([3.0, 4.0]), dim=0), F.cosine_similarity(torch.ones(1, 2), torch.tensor([[1.0, 0]])), F.pairwise_distance(torch.ones(1, 2), torch.zeros(1, 2)), F.gelu(torch.tensor([-1.0, 1])), F.silu(torch.tensor([1.0])), F.softplus(torch.tensor([1.0])), F.log_softmax(torch.zeros(2), 0), F.kl_div(torch.zeros(2).log_softmax(0), torch.tensor([0.3, 0.7]), reduction="batchmean"), F.binary_cross_entropy(torch.tensor([0.3]), torch.tensor([1.0])), F.binary_cross_entropy_with_logits(torch.tensor([0.3]), torch.tensor([1.0])), F.nll_loss(torch.zeros(2, 2), torch.tensor([0, 1])), F.l1_loss(torch.ones(2), torch.zeros(2)), F.smooth_l1_loss(torch.ones(2), torch.zeros(2)), F.cross_entropy(torch.eye(3), torch.tensor([0, 1, -100])), F.cross_entropy(torch.eye(2), torch.eye(2)), F.triplet_margin_loss(torch.ones(1, 2), torch.zeros(1, 2), torch.ones(1, 2)), F.embedding(torch.tensor([0]), torch.eye(2)), F.layer_norm(torch.arange(4.0), (4,)), F.glu(torch.arange(4.0)), F.hardtanh(torch.tensor([2.0])), F.tanh(torch.ones(1)), F.sigmoid(torch.ones(1)), F.max_pool1d(torch.arange(4.0).view(1, 1, 4), 2, return_indices=True), F.avg_pool2d(torch.ones(1, 1, 2, 2), 2), F.linear(torch.ones(2), torch.eye(2)), F.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 2)), F.softmax(torch.zeros(2))
F.pad(torch.ones(2), (1, 1), mode="reflect")
F.pad(torch.ones(1, 1, 2), (3, 3), mode="reflect")
F.mse_loss(torch.ones(2), torch.ones(3))
F.nll_loss(torch.zeros(2, 2), torch.tensor([0, 5]))
F.cross_entropy(torch.zeros(2, 2), torch.tensor([0]))
F.binary_cross_entropy(torch.tensor([1.3]), torch.tensor([1.0]))
F.binary_cross_entropy(torch.tensor([0.3]), torch.tensor([1]))
F.one_hot(torch.tensor([-1]))
F.one_hot(torch.tensor([3]), 2)
F.one_hot(torch.tensor([1.0]))
F.max_pool2d(torch.ones(1, 1, 2, 2), 3)
F.conv2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 3, 3))
F.conv2d(torch.ones(1, 1, 2, 2), torch.ones(1, 2, 1, 1))
F.dropout(torch.ones(1), 1.5)
F.softmax(torch.ones(1), 3)
F.interpolate(torch.ones(1, 1, 2), mode="bilinear", scale_factor=2)
F.interpolate(torch.ones(1, 1, 2))
""".strip().split("\n\n")
