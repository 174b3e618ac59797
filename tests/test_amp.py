"""Mixed precision that is switched off, and loss scaling; the other names of devices that are not there."""

import os

import ctgrad
import ctgrad.nn as nn
import pytest


def test_regions_for_a_gpu_are_off():
    with pytest.warns(UserWarning, match="Disabling autocast"):
        region = ctgrad.autocast("cuda", dtype=ctgrad.float16)
    with region:
        assert not ctgrad.is_autocast_enabled() and (ctgrad.ones(2, 2) @ ctgrad.ones(2, 2)).dtype is ctgrad.float32
    with pytest.warns(FutureWarning):
        assert ctgrad.cuda.amp.autocast(enabled=False)(lambda: 3)() == 3
    with ctgrad.amp.autocast("cpu", enabled=False):
        assert not ctgrad.is_autocast_enabled("cpu")
    assert ctgrad.get_autocast_dtype("cpu") is ctgrad.bfloat16 and ctgrad.get_autocast_dtype("cuda") is ctgrad.float16


def test_a_region_that_would_cast_is_refused():
    with pytest.raises(NotImplementedError):
        ctgrad.autocast("cpu", dtype=ctgrad.bfloat16)
    with pytest.warns(UserWarning, match="target dtype is not supported"):
        ctgrad.autocast("cpu", dtype=ctgrad.float32)
    for wrong, error in [("foo", RuntimeError), (3, ValueError), ("vulkan", RuntimeError), ("mps", RuntimeError)]:
        with pytest.raises(error):
            ctgrad.autocast(wrong)


def test_functions_of_regions():
    class Square(ctgrad.autograd.Function):
        @staticmethod
        @ctgrad.amp.custom_fwd(device_type="cuda")
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @ctgrad.amp.custom_bwd(device_type="cuda")
        def backward(ctx, g):
            return 2 * ctx.saved_tensors[0] * g

    x = ctgrad.tensor(3.0, requires_grad=True)
    Square.apply(x).backward()
    assert x.grad == 6
    with pytest.raises(TypeError):
        ctgrad.amp.custom_fwd(lambda ctx, x: x)


def test_a_scaler_for_a_gpu_is_off():
    with pytest.warns(UserWarning, match="CUDA is not available"):
        scaler = ctgrad.amp.GradScaler()
    p = nn.Parameter(ctgrad.ones(2))
    optimizer = ctgrad.optim.SGD([p], lr=1.0)
    loss = p.sum()
    assert scaler.scale(loss) is loss and scaler.get_scale() == 1 and scaler.state_dict() == {} and not scaler.is_enabled()
    loss.backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    scaler.load_state_dict({})
    assert p.tolist() == [0, 0]
    with pytest.warns(FutureWarning):
        ctgrad.cuda.amp.GradScaler(enabled=False)


def test_scaling_leaves_out_steps_that_overflow():
    p = nn.Parameter(ctgrad.ones(2))
    optimizer = ctgrad.optim.SGD([p], lr=0.5)
    scaler = ctgrad.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    for _ in range(2):
        optimizer.zero_grad()
        scaled, = scaler.scale([p.sum()])
        scaled.backward()
        assert p.grad.tolist() == [scaler.get_scale()] * 2
        scaler.step(optimizer)
        assert p.grad.tolist() == [1, 1]
        scaler.update()
    assert p.tolist() == [0, 0] and scaler.get_scale() == 16
    optimizer.zero_grad()
    scaler.scale((p * ctgrad.inf).sum()).backward()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError):
        scaler.unscale_(optimizer)
    assert scaler.step(optimizer) is None and p.tolist() == [0, 0]
    with pytest.raises(RuntimeError):
        scaler.step(optimizer)
    scaler.update()
    other = ctgrad.amp.GradScaler("cpu")
    other.load_state_dict(scaler.state_dict())
    assert other.get_scale() == 8 and other.state_dict() == scaler.state_dict() and other.get_growth_interval() == 2
    other.set_growth_interval(5)
    assert other.get_growth_interval() == 5
    for wrong, error in [(lambda: other.update(), AssertionError), (lambda: other.load_state_dict({}), RuntimeError), (lambda: other.scale(3), ValueError),
                         (lambda: other.step(optimizer, closure=lambda: 0), RuntimeError), (lambda: ctgrad.amp.GradScaler("cpu", growth_factor=1), AssertionError)]:
        with pytest.raises(error):
            wrong()


def test_devices_that_are_not_there():
    assert not (ctgrad.accelerator.is_available() or ctgrad.xpu.is_available() or ctgrad.mps.is_available() or ctgrad.distributed.is_initialized())
    assert ctgrad.accelerator.current_accelerator() is None and ctgrad.cuda.max_memory_allocated() == 0 and not ctgrad.cuda.is_bf16_supported()
    assert (ctgrad.LongTensor | None).__args__ == (ctgrad.LongTensor, type(None)) == (int | ctgrad.LongTensor | None).__args__[1:]
    for wrong, error in [(lambda: ctgrad.cuda.FloatTensor(2), TypeError), (lambda: ctgrad.cuda.NoTensor, AttributeError), (ctgrad.cuda.synchronize, AssertionError),
                         (ctgrad.distributed.get_rank, ValueError), (lambda: ctgrad.distributed.all_reduce(ctgrad.ones(2), op=ctgrad.distributed.ReduceOp.SUM), ValueError)]:
        with pytest.raises(error):
            wrong()


def test_what_a_compiler_would_take_stays():
    @ctgrad.jit.ignore
    def ignored(x):
        return x

    with pytest.warns(DeprecationWarning):
        assert ctgrad.jit.script(ignored) is ignored
    assert ctgrad.jit.ignore(drop=False)(ignored) is ignored and ctgrad.jit.annotate(int, 3) == 3 and not ctgrad.jit.is_scripting()


def test_compile_gives_back_what_it_is_given():
    net = nn.Linear(1, 1)
    assert ctgrad.compile(net) is net and ctgrad.compile(mode="max-autotune")(net) is net and ctgrad.compiler.disable()(net) is net
    assert ctgrad.compiler.disable(net) is net and not ctgrad.compiler.is_compiling()
    with ctgrad.compiler.set_stance("force_eager"), pytest.raises(RuntimeError):
        ctgrad.compile(net, mode="default", options={})


def test_a_module_over_gpus_that_are_not_there_runs_as_it_is():
    net = nn.Linear(2, 1)
    spread = nn.parallel.DataParallel(net, device_ids=[0, 1])
    x = ctgrad.ones(3, 2)
    assert [*spread.state_dict()] == ["module.weight", "module.bias"] and spread(x).equal(net(x)) and spread.device_ids == []
    assert ctgrad.GradScaler is ctgrad.amp.GradScaler


def test_ways_of_attention_are_told_back():
    from ctgrad.nn.attention import SDPBackend, sdpa_kernel
    told = ctgrad.backends.cuda
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        assert told.math_sdp_enabled() and told.flash_sdp_enabled() and not told.mem_efficient_sdp_enabled() and not told.cudnn_sdp_enabled()
    with pytest.warns(FutureWarning), told.sdp_kernel(enable_math=False):
        assert not told.math_sdp_enabled()
    assert told.math_sdp_enabled() and told.cudnn_sdp_enabled() and repr(SDPBackend.MATH) == "<SDPBackend.MATH: 0>"
    with pytest.raises(AssertionError), sdpa_kernel("math"):
        pass


def test_weights_that_were_downloaded(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert ctgrad.hub.get_dir() == str(tmp_path / "hub")
    os.makedirs(tmp_path / "hub" / "checkpoints")
    ctgrad.save({"a": ctgrad.ones(2)}, tmp_path / "hub" / "checkpoints" / "net.pth")
    from ctgrad.utils import model_zoo
    assert model_zoo.load_url("https://example.org/models/net.pth?x=1")["a"].tolist() == [1, 1]
    with pytest.raises(FileNotFoundError):
        ctgrad.hub.load_state_dict_from_url("https://example.org/other.pth")
