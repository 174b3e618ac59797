"""Cells of notebooks: small models of many kinds, recurrent layers, losses, layers of norms, text of tensors."""

PROGRAMS = r"""
torch.manual_seed(0)
class VAE(nn.Module):
    def __init__(self, d=6, h=8, z=2):
        super().__init__()
        self.enc, self.mu, self.lv = nn.Linear(d, h), nn.Linear(h, z), nn.Linear(h, z)
        self.dec = nn.Sequential(nn.Linear(z, h), nn.ReLU(), nn.Linear(h, d))
    def forward(self, x):
        h = F.relu(self.enc(x)); mu, lv = self.mu(h), self.lv(h)
        z = mu + torch.randn_like(mu) * (0.5 * lv).exp()
        return self.dec(z), mu, lv
v = VAE()
o = torch.optim.Adam(v.parameters(), 1e-2)
x = torch.rand(16, 6)
for i in range(20):
    y, mu, lv = v(x)
    rec = F.binary_cross_entropy_with_logits(y, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + lv - mu.pow(2) - lv.exp())
    loss = (rec + kld) / 16
    o.zero_grad(); loss.backward(); o.step()
    if i % 5 == 0: print(f"{i:2d} rec {rec:.3f} kld {kld:.3f} loss {loss:.4f}")

torch.manual_seed(0)
G, D = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)), nn.Sequential(nn.Linear(1, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Sigmoid())
og, od = torch.optim.Adam(G.parameters(), 1e-2, betas=(0.5, 0.999)), torch.optim.Adam(D.parameters(), 1e-2, betas=(0.5, 0.999))
bce = nn.BCELoss()
for i in range(10):
    real = torch.randn(8, 1) * 0.5 + 3
    fake = G(torch.randn(8, 2))
    ld = bce(D(real), torch.ones(8, 1)) + bce(D(fake.detach()), torch.zeros(8, 1))
    od.zero_grad(); ld.backward(); od.step()
    lg = bce(D(fake), torch.ones(8, 1))
    og.zero_grad(); lg.backward(); og.step()
    if i % 3 == 0: print(i, f"D {ld.item():.4f} G {lg.item():.4f}")

torch.manual_seed(0)
from torch.distributions import Categorical
pi = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
o = torch.optim.Adam(pi.parameters(), 0.05)
for ep in range(6):
    s = torch.randn(5, 3)
    d = Categorical(logits=pi(s))
    a = d.sample()
    r = (a == (s[:, 0] > 0).long()).float()
    loss = -(d.log_prob(a) * (r - r.mean())).mean() - 0.01 * d.entropy().mean()
    o.zero_grad(); loss.backward(); o.step()
    print(ep, a.tolist(), r.sum().item(), f"{loss.item():.4f}")
R, g = [], 0.0
for r in [1.0, 0.0, 2.0][::-1]: g = r + 0.9 * g; R.insert(0, g)
torch.tensor(R)

board = torch.zeros(6, 6)
board[1, 2] = board[2, 3] = board[3, 1] = board[3, 2] = board[3, 3] = 1
k = torch.ones(1, 1, 3, 3)
k[0, 0, 1, 1] = 0
for step in range(3):
    n = F.conv2d(F.pad(board[None, None], (1, 1, 1, 1), mode="circular"), k)[0, 0]
    board = ((n == 3) | ((board == 1) & (n == 2))).float()
    print(board.int())
sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
img = torch.arange(25.0).view(1, 1, 5, 5)
F.conv2d(img, sobel[None, None]), F.avg_pool2d(img, 3, 1, 1), F.max_pool2d(img, 2), F.conv2d(img, torch.ones(1, 1, 3, 3) / 9, padding="same"), F.unfold(img, 3).shape, F.interpolate(img, scale_factor=0.5)

torch.manual_seed(0)
class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1, self.d2 = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 4, 3, padding=1)
        self.up = nn.ConvTranspose2d(4, 2, 2, stride=2)
        self.o = nn.Conv2d(4, 1, 1)
    def forward(self, x):
        a = F.relu(self.d1(x)); b = F.relu(self.d2(F.max_pool2d(a, 2)))
        return self.o(torch.cat([self.up(b), a], 1))
u = UNet()
u
y = u(torch.rand(1, 1, 4, 4))
y.shape, y.sum()
y.mean().backward()
[f"{n} {p.grad.abs().sum():.4f}" for n, p in u.named_parameters()]

torch.manual_seed(0)
rnn = nn.GRU(3, 5, num_layers=2, batch_first=True, bidirectional=True)
x = torch.randn(2, 4, 3)
out, h = rnn(x)
out.shape, h.shape, out[0, 0]
torch.equal(out[:, -1, :5], h[-2]), torch.equal(out[:, 0, 5:], h[-1])
p = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([4, 2]), batch_first=True, enforce_sorted=False)
p.data.shape, p.batch_sizes, p.sorted_indices
o2, h2 = rnn(p)
pad, ln = nn.utils.rnn.pad_packed_sequence(o2, batch_first=True)
pad[1], ln
cell = nn.LSTMCell(3, 2)
hx, cx = cell(x[:, 0])
hx, cx
rnn
lstm = nn.LSTM(3, 2)
o, (h, c) = lstm(torch.randn(4, 1, 3))
o.squeeze(1), c
[n for n, _ in lstm.named_parameters()], lstm.flatten_parameters()
nn.RNN(3, 2)(torch.randn(4, 3))[0]
nn.LSTM(3, 2)(torch.randn(4, 1, 2))
nn.GRU(3, 2)(torch.randn(4, 1, 3), torch.zeros(1, 2, 2))

torch.manual_seed(0)
teacher, student = nn.Linear(4, 3), nn.Linear(4, 3)
x = torch.randn(6, 4)
T = 2.0
with torch.no_grad(): soft = F.softmax(teacher(x) / T, 1)
F.kl_div(F.log_softmax(student(x) / T, 1), soft, reduction="batchmean") * T * T
F.cross_entropy(student(x), soft.argmax(1), label_smoothing=0.1), F.cross_entropy(student(x), soft)
def focal(logits, t, gamma=2.0):
    ce = F.cross_entropy(logits, t, reduction="none"); p = torch.exp(-ce)
    return ((1 - p) ** gamma * ce).mean()
focal(student(x), torch.tensor([0, 1, 2, 0, 1, 2]))
F.cross_entropy(student(x), torch.tensor([0, 1, 2, 0, 1, 2]), weight=torch.tensor([1.0, 2.0, 0.5])), F.nll_loss(F.log_softmax(student(x), 1), torch.tensor([0, 1, -100, 0, 1, 2]))

torch.manual_seed(0)
m = nn.Linear(2, 1)
o = torch.optim.SGD(m.parameters(), 0.1)
x, y = torch.randn(8, 2), torch.randn(8, 1)
F.mse_loss(m(x), y).backward()
full = m.weight.grad.clone()
o.zero_grad()
for i in range(4): (F.mse_loss(m(x[2 * i:2 * i + 2]), y[2 * i:2 * i + 2]) / 4).backward()
full, m.weight.grad, torch.allclose(full, m.weight.grad)
warm = torch.optim.lr_scheduler.LambdaLR(o, lambda s: min(1.0, (s + 1) / 5))
for s in range(6): o.step(); warm.step(); print(s, [round(l, 4) for l in warm.get_last_lr()])
best, bad = float("inf"), 0
for e, l in enumerate([3.0, 2.0, 2.5, 2.4, 2.6]):
    if l < best: best, bad = l, 0
    else: bad += 1
    if bad >= 3: print("stop", e, best); break
total = torch.norm(torch.stack([p.grad.norm() for p in m.parameters()]))
total
nn.utils.clip_grad_norm_(m.parameters(), 0.5) == total
ckpt = {"m": m.state_dict(), "o": o.state_dict(), "e": 3}
import io
b = io.BytesIO()
torch.save(ckpt, b)
b.seek(0)
c = torch.load(b)
m2 = nn.Linear(2, 1)
m2.load_state_dict(c["m"])
torch.equal(m2.weight, m.weight), c["o"]["param_groups"][0]["lr"], c["e"]

a
sc = torch.amp.GradScaler("cpu", enabled=False)
sc.scale(torch.tensor(2.0)), sc.get_scale(), sc.is_enabled()
lin = nn.Linear(2, 2)

class MyT(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        print("call", func.__name__)
        return super().__torch_function__(func, types, args, kwargs or {})
t = torch.ones(2).as_subclass(MyT)
type(t), isinstance(t, torch.Tensor)
type(y).__name__
y.sum().item()
class Meta(torch.Tensor):
    def __new__(cls, x, name): r = torch.as_tensor(x, dtype=torch.float32).as_subclass(cls); r.name_ = name; return r
m = Meta([1, 2], "n")
m.name_, m
(m * 2), type(m * 2).__name__
nn.Parameter(torch.ones(1)).data, type(nn.Parameter(torch.ones(2)) * 2), type(nn.Parameter(torch.ones(1)).clone())
import copy
copy.deepcopy(nn.Parameter(torch.ones(1))), nn.Parameter(torch.ones(1)).requires_grad_(False)

X = torch.tensor([[1.0, 1], [1, 2], [1, 3], [1, 4]])
y = torch.tensor([[6.0], [5], [7], [10]])
w = torch.linalg.solve(X.T @ X, X.T @ y)
w
torch.linalg.lstsq(X, y).solution, torch.linalg.pinv(X) @ y
Q, R = torch.linalg.qr(X)
torch.linalg.solve_triangular(R, Q.T @ y, upper=True)
(X @ w - y).pow(2).sum().sqrt(), 1 - ((X @ w - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
C = X - X.mean(0)
U, S, Vh = torch.linalg.svd(C, full_matrices=False)
S, Vh.abs(), (S ** 2 / (S ** 2).sum())
vals, vecs = torch.linalg.eigh(torch.tensor([[2.0, 1], [1, 2]]))
vals, vecs.abs(), torch.dist(vecs @ torch.diag(vals) @ vecs.T, torch.tensor([[2.0, 1], [1, 2]]))
torch.linalg.det(torch.tensor([[1.0, 2], [3, 4]])), torch.logdet(torch.tensor([[2.0, 0], [0, 3]])), torch.trace(torch.eye(3)), torch.linalg.matrix_rank(torch.ones(2, 2)), torch.linalg.matrix_exp(torch.tensor([[0.0, 1], [-1, 0]])), torch.linalg.cholesky(torch.tensor([[4.0, 2], [2, 3]]))
torch.linalg.norm(torch.tensor([3.0, 4.0])), torch.linalg.norm(torch.eye(2), ord="fro"), torch.linalg.vector_norm(torch.ones(2, 2), dim=1), torch.norm(torch.ones(3), p=1), torch.ones(2, 2).norm(dim=0), F.normalize(torch.tensor([[3.0, 4.0]]))
H = 1 / (torch.arange(4)[:, None] + torch.arange(4) + 1.0)

torch.manual_seed(0)
e = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
x = torch.randn(1, 3, 8)
e(x, src_key_padding_mask=torch.tensor([[False, False, True]]))[0, 0]
t = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
t(x, x, tgt_mask=nn.Transformer.generate_square_subsequent_mask(3))[0, -1]
d = nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
d(x, x)[0, 0]
mha = nn.MultiheadAttention(8, 2, batch_first=True, bias=False)
o, w = mha(x, x, x, average_attn_weights=False)
w.shape, o[0, 0]
F.scaled_dot_product_attention(x, x, x), F.scaled_dot_product_attention(x, x, x, attn_mask=torch.eye(3).bool())[0, 0, 0]
nn.MultiheadAttention(7, 2)
sum(p.numel() for p in t.parameters()), [n for n, _ in mha.named_parameters()]
mha

x = torch.arange(6.0).view(2, 3)
bn = nn.BatchNorm1d(3)
bn(x), bn.running_mean, bn.running_var, bn.eval()(x), bn.num_batches_tracked
ln = nn.LayerNorm(3)
ln(x), ln.weight, nn.GroupNorm(1, 3)(x), nn.InstanceNorm1d(2)(x[None]), nn.RMSNorm(3)(x)
torch.manual_seed(1)
dr = nn.Dropout(0.5)
dr(torch.ones(6)), dr.eval()(torch.ones(3)), F.dropout(x, 0.2)
F.batch_norm(x, torch.zeros(3), torch.ones(3)), F.local_response_norm(x[None], 2)
nn.BatchNorm1d(3, momentum=None)(x), nn.BatchNorm1d(3, affine=False).weight, nn.BatchNorm2d(1)(torch.ones(1, 1, 1, 2))
nn.BatchNorm1d(2)(x)
nn.LayerNorm(2)(x)
nn.GroupNorm(2, 3)
nn.Flatten()(torch.ones(2, 3, 4)).shape, nn.Unflatten(1, (3, 4))(torch.ones(2, 12)).shape, nn.PixelShuffle(2)(torch.ones(1, 4, 1, 1)).shape, nn.Upsample(scale_factor=2)(torch.ones(1, 1, 1, 2)), nn.ZeroPad2d(1)(torch.ones(1, 1, 1, 1)), nn.AdaptiveAvgPool2d(1)(torch.ones(1, 2, 3, 3)).shape, nn.MaxPool2d(2, return_indices=True)(torch.arange(4.0).view(1, 1, 2, 2)), nn.MaxUnpool2d(2)(torch.tensor([[[[3.0]]]]), torch.tensor([[[[3]]]])), nn.Softmax2d()(torch.ones(1, 2, 1, 1)), nn.PReLU()(torch.tensor([-1.0])), nn.Bilinear(1, 1, 1).weight.shape, nn.CosineSimilarity()(x, x), nn.PairwiseDistance()(x, x + 1)

s = torch.Size([2, 3])
a, b = s
a * b, s.numel(), len(s), s[-1], list(s), s + (4,), isinstance(s, tuple), {s: 1}[(2, 3)]
torch.zeros(s).shape == s, torch.zeros(*s).shape, torch.zeros(s + (1,)).shape, torch.broadcast_shapes(s, (1,)), torch.ones(2, 3).size()[0:1]
print(f"{s}", str(s), repr(s))
import json
json.dumps(list(s)), json.dumps({"s": s})
t = torch.tensor([[1.5, 2.0], [3.25, -1.0]])
for row in t: print(" ".join(f"{v:6.2f}" for v in row))
print("\n".join(f"{i}: {r.tolist()}" for i, r in enumerate(t)))
print(t.sum().item(), t.sum(0).tolist(), f"{t.mean().item():.3f}", f"{t[0, 0]:>8.2f}|", "%.1f" % t[1, 0], t.numpy().round(1).tolist())
print(t, end="!\n")
print("t =", t)
print(f"t={t}")
print(f"{t!r}")
print("{:}".format(t[0]))
print([t[0, 0], t[0]], (t[0, 0],), {"k": t[0]}, [[t[0]]])
print(t.shape, t.dtype, t.device, t.requires_grad, t.ndim, t.T.shape, sep="; ")
print(torch.arange(3), torch.arange(3.0), torch.tensor([]), torch.tensor([[]]), torch.zeros(2, 0, 3), torch.tensor(7), torch.tensor([True]))
print(torch.ones(3, 3) * 1e5, torch.ones(2) * 123456.789, torch.tensor([1e-4, 1.0]), torch.tensor([1, 1000000]), torch.tensor([0.1, 100.0, 12345.6]))
print(torch.tensor([1e-3, 1e3]), torch.tensor([1.0, 1e5]), torch.tensor([1.0, 1e8]), torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.5]), torch.tensor([-1.0, 10.0]))
print(torch.rand(2, 2, 2, generator=torch.Generator().manual_seed(0)))
print(torch.randn(1, 1, 1, 1, generator=torch.Generator().manual_seed(0)), torch.ones(1, 2, 1), torch.ones(3, 1))
print(torch.linspace(0, 1, 30))
print(torch.arange(100))
print(torch.eye(12))
print(torch.ones(3, 40))
x = torch.ones(2, requires_grad=True)
print(x * 2, x.sum(), (x * 2).detach(), x.view(1, 2), x[0], x.expand(2, 2), x.double())
""".strip().split("\n\n")
