"""Most of what tensors can do, one statement a row, on 300 x 300 numbers and small pictures: where PyTorch is ahead."""

from timing import Row, both

N = 300
STATEMENTS = {
    "float32, element by element": """
        x+y; x-y; x*y; x/y; x//y; x%y; x**2; x**3; p**0.5; p**y; x**2.5; -x; x.abs(); p.sqrt(); p.rsqrt(); p.log(); p.log2(); p.log10(); p.log1p();
        x.exp(); x.exp2(); x.expm1(); x.sin(); x.cos(); x.tan(); x.asin(); x.acos(); x.atan(); x.sinh(); x.cosh(); x.tanh(); x.sigmoid(); x.erf();
        x.erfc(); x.erfinv(); p.lgamma(); p.digamma(); x.floor(); x.ceil(); x.round(); x.trunc(); x.frac(); x.sign(); x.reciprocal(); x.square();
        x.relu(); F.gelu(x); F.silu(x); F.elu(x); F.leaky_relu(x); F.softplus(x); F.mish(x); F.hardtanh(x); F.hardswish(x); F.logsigmoid(x);
        x.clamp(-.1,.1); x.clamp_min(0); lib.maximum(x,y); lib.minimum(x,y); lib.fmod(x,y); lib.atan2(x,y); lib.hypot(x,y); lib.lerp(x,y,.3);
        lib.where(m,x,y); x>y; x==y; x>0; m&m; m|m; ~m; m^m; lib.isnan(x); lib.isfinite(x); x.nan_to_num(); lib.addcmul(x,x,y); lib.addcdiv(x,x,p);
        lib.logaddexp(x,y)""",
    "reductions and orders": """
        x.sum(); x.sum(0); x.sum(1); x.mean(); x.mean(0); x.mean(1); x.prod(1); x.max(); x.max(0); x.max(1); x.min(1); x.amax(0); x.amax(1);
        x.argmax(0); x.argmax(1); x.argmax(); x.var(); x.var(0); x.var(1); x.std(1); x.norm(); x.norm(dim=1); x.logsumexp(0); x.logsumexp(1);
        x.softmax(0); x.softmax(1); x.log_softmax(1); m.any(); m.all(1); m.sum(); x.cumsum(0); x.cumsum(1); x.cumprod(1); x.cummax(1); x.nansum();
        x.median(); x.median(1); x.sort(1); x.sort(0); x.argsort(1); x.topk(10,1); x.kthvalue(10,1); v.sort(); v.topk(10); x.aminmax();
        x.count_nonzero(); lib.logcumsumexp(x,1); x.quantile(.3,1)""",
    "moving and picking": """
        x.t().contiguous(); x.clone(); x.flip(0); x.flip(1); x.roll(3,1); lib.cat([x,y]); lib.cat([x,y],1); lib.stack([x,y]); lib.stack([x,y],2);
        x.repeat(2,2); x.repeat_interleave(2,1); x.tile(2,2); x.tril(); x.triu(); x[i]; x[:,i]; x[I[:100],I[:100]]; x[m]; x[x>0]; m.nonzero();
        x.gather(1,I); x.gather(0,I); x.index_select(0,i); x.index_select(1,i); x.take(I); lib.zeros(n,n).scatter(1,I,x);
        lib.zeros(n,n).scatter_add(1,I,x); lib.zeros(n,n).scatter_add(0,I,x); lib.zeros(n,n).index_add(0,i,x); x.masked_fill(m,0.);
        x.masked_select(m); F.pad(x,(1,1,1,1)); F.pad(x[None],(1,1,1,1),'reflect'); x.diagonal().clone(); lib.diag(v[:n]);
        x.unfold(1,10,5).contiguous(); F.one_hot(i); lib.bincount(I.view(-1)); lib.unique(k); k.unique(return_inverse=True); lib.histc(x);
        lib.searchsorted(v[:n].sort()[0],x); lib.bucketize(x,v[:100].sort()[0]); x.rot90(); xs.contiguous(); xs+y; xt+y; x+y[0]; x+y[:,:1];
        x.double(); x.half(); x.long(); x.bool(); k.float(); h.float(); bf.float(); u.float(); x.to(lib.uint8)""",
    "integers": """
        k+k; k*k; k//3; k%3; k+1; k.sum(); k.sum(0); k.sum(1); k.max(); k.max(1); k.argmax(1); k.cumsum(1); k>50; k==k; k32+k32; k32.sum(); u+u;
        k.clamp(3,9); k.abs(); k.sort(1); k&7; k<<2; k.float()/3; k/3; k@k[:, :64]""",
    "float64": """
        D+D; D.exp(); D.tanh(); D.sin(); D.sum(); D.sum(0); D.softmax(1); D.sigmoid(); D.log1p(); D.erf(); D.pow(3); D.var(1); D@D[:, :64]; F.gelu(D);
        D.sqrt(); D.max(1)""",
    "halves": """
        h+h; h*h; h.exp(); h.tanh(); h.sum(); h.sum(0); h.sum(1); h.softmax(1); h.relu(); h.max(1); h@h[:, :64]; bf+bf; bf.exp(); bf.sum(); bf.sum(0);
        bf@bf[:, :64]; bf.softmax(1); F.gelu(bf); h.sigmoid(); F.layer_norm(h,(n,)); h.t().contiguous()""",
    "products": """
        x@y; x@v[:n]; x.t()@y; x@y.t(); b3@b3; lib.einsum('ij,jk->ik',x,y); lib.einsum('bij,bkj->bik',b3,b3); lib.outer(v[:n],v[:n]); v.dot(v);
        lib.cdist(x[:200],y[:200]); lib.addmm(x,x,y); F.linear(x,y,v[:n]); lib.tensordot(x,y,1); x.trace();
        F.bilinear(x[:50,:50],y[:50,:50],b3[:,:50,:50])""",
    "layers and losses": """
        F.conv2d(img,w33); F.conv2d(img,w33,padding=1); F.conv2d(img,w33,stride=2); F.conv_transpose2d(img,w33);
        F.conv1d(img.view(8,16,-1),w33[:,:,0]); F.max_pool2d(img,2); F.avg_pool2d(img,2); F.adaptive_avg_pool2d(img,4);
        F.batch_norm(img,None,None,training=True); F.group_norm(img,4); F.instance_norm(img); F.layer_norm(x,(n,)); F.normalize(x);
        F.cosine_similarity(x,y); F.mse_loss(x,y); F.l1_loss(x,y); F.smooth_l1_loss(x,y); F.huber_loss(x,y); F.cross_entropy(x,i); F.nll_loss(x,i);
        F.kl_div(x,y,reduction='sum'); F.binary_cross_entropy(p/2,y); F.binary_cross_entropy_with_logits(x,y); F.embedding(i,x); F.interpolate(img,scale_factor=2);
        F.interpolate(img,scale_factor=2,mode='bilinear'); F.pixel_shuffle(img,2); F.unfold(img,3); F.fold(F.unfold(img,3),(32,32),3); F.dropout(x);
        F.scaled_dot_product_attention(b3,b3,b3); F.scaled_dot_product_attention(b3,b3,b3,is_causal=True); F.prelu(x,v[:1]); F.glu(x);
        F.local_response_norm(img,3); F.softmin(x,1)""",
    "made": """
        lib.rand(n,n); lib.randn(n,n); lib.randint(0,9,(n,n)); lib.randperm(n*n); lib.bernoulli(y); lib.multinomial(p,5,replacement=True);
        lib.multinomial(p,5); lib.zeros(n,n); lib.ones(n,n); lib.full((n,n),2.); lib.arange(n*n); lib.linspace(0,1,n*n); lib.eye(n);
        x.clone().uniform_(); x.clone().exponential_(); lib.tril_indices(n,n); lib.meshgrid(v[:n],v[:n],indexing='ij')[0].contiguous();
        lib.tensor(lst); x.tolist(); x.numpy().copy(); lib.from_numpy(arr); lib.linalg.inv(sq)""",
}


def names(lib):
    """What the statements mention, of one library with PyTorch's API."""
    n = N
    lib.manual_seed(0)
    x, y, v = lib.rand(n, n) - 0.5, lib.rand(n, n), lib.rand(n * n)
    k = lib.randint(0, 100, (n, n))
    given = {"lib": lib, "F": lib.nn.functional, "n": n, "x": x, "y": y, "p": y + 0.1, "v": v, "m": x > 0, "k": k, "k32": k.to(lib.int32), "u": k.to(lib.uint8)}
    given |= {"i": lib.randint(0, n, (n,)), "I": lib.randint(0, n, (n, n)), "h": x.half(), "bf": x.bfloat16(), "D": x.double(), "xt": x.t(), "xs": lib.rand(n, 2 * n)[:, ::2]}
    given |= {"img": lib.rand(8, 16, 32, 32), "b3": lib.rand(16, 64, 64), "w33": lib.rand(16, 16, 3, 3), "sq": lib.rand(64, 64) + 64 * lib.eye(64)}
    return given | {"lst": [1.5] * 10000, "arr": y.numpy()}


def rows(quick):
    scopes = both(names)
    for group, text in STATEMENTS.items():
        for statement in text.replace("\n", " ").split(";"):
            code = compile(statement.strip(), group, "eval")
            yield Row(" ".join(statement.split()), {lib: lambda code=code, scope=scope: eval(code, scope) for lib, scope in scopes.items()}, ops=1)
