"""Averages of the places a model passes through in training: equal weights (Izmailov et al. 2018) or exponential ones; their learning rate."""

import copy
import itertools
import math

import ctgrad
from ctgrad.nn import Module
from ctgrad.nn.modules.batchnorm import _BatchNorm

from .lr_scheduler import LRScheduler
from .lr_scheduler.cycles import _per_group

__all__ = ["AveragedModel", "SWALR", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn", "update_bn"]


def _check_decay(decay):
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def get_ema_avg_fn(decay=0.999):
    """The function (average, current, number averaged) to decay·average + (1 - decay)·current."""
    _check_decay(decay)

    def ema_update(ema_param, current_param, num_averaged):
        with ctgrad.no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn():
    """The function (average, current, number averaged) to the mean of one more."""

    def swa_update(averaged_param, current_param, num_averaged):
        with ctgrad.no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def _in_turn(update, share):
    """``update`` of all tensors of two lists, in place; of floats by ``lerp``, with ``share`` of the number averaged."""

    def updates(averaged, current, num_averaged):
        with ctgrad.no_grad():
            for mean, new in zip(averaged, current, strict=True):
                if mean.is_floating_point():
                    mean.lerp_(new, share(num_averaged))
                else:
                    mean.copy_(update(mean, new, num_averaged))

    return updates


def get_ema_multi_avg_fn(decay=0.999):
    """``get_ema_avg_fn`` of two lists of tensors, the first of which is changed in place."""
    return _in_turn(get_ema_avg_fn(decay), lambda n: 1 - decay)


def _need_floats(mean, new, num_averaged):
    raise RuntimeError(f"the running mean of {mean.dtype} has no place: a buffer of integers is not averaged by get_swa_multi_avg_fn; leave "
                       "use_buffers=False, or give an avg_fn")


def get_swa_multi_avg_fn():
    """``get_swa_avg_fn`` of two lists of tensors, the first of which is changed in place. RuntimeError for integers."""
    return _in_turn(_need_floats, lambda n: 1 / (float(n) + 1))


class AveragedModel(Module):
    """A copy of ``model`` whose parameters are the averages of those it was shown by ``update_parameters``.

    ``avg_fn(average, current, n)`` gives the next average, ``multi_avg_fn`` changes lists in place; the mean unless one is given.
    ``use_buffers``: buffers are averaged too; otherwise they are those of the model last shown.
    """

    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", ctgrad.tensor(0, dtype=ctgrad.int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def _averaged(self, module):
        return [t.detach() for t in (itertools.chain(module.parameters(), module.buffers()) if self.use_buffers else module.parameters())]

    def update_parameters(self, model):
        """Take the parameters of ``model`` into the averages; the first ones are the averages themselves."""
        averages, current = self._averaged(self.module), self._averaged(model)
        if int(self.n_averaged) == 0:
            for mean, new in zip(averages, current, strict=True):
                mean.copy_(new)
        elif self.multi_avg_fn is not None:
            for dtype in dict.fromkeys(t.dtype for t in averages):
                alike = [(mean, new) for mean, new in zip(averages, current, strict=True) if mean.dtype == dtype]
                self.multi_avg_fn([mean for mean, _ in alike], [new for _, new in alike], self.n_averaged)
        else:
            update = get_swa_avg_fn() if self.avg_fn is None else self.avg_fn
            for mean, new in zip(averages, current, strict=True):
                mean.copy_(update(mean, new, self.n_averaged))
        if not self.use_buffers:
            for kept, new in zip(self.module.buffers(), model.buffers(), strict=True):
                kept.detach().copy_(new.detach())
        self.n_averaged += 1


def update_bn(loader, model, device=None):
    """Set the running statistics of the batch normalisations of ``model`` to those of one pass over ``loader``."""
    norms = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not norms:
        return
    was_training = model.training
    model.train()
    for module in norms:
        module.reset_running_stats()
        module.momentum = None
    with ctgrad.no_grad():
        for batch in loader:
            batch = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(batch if device is None else batch.to(device))
    for module, momentum in norms.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """From each group's rate to its ``swa_lr`` in ``anneal_epochs`` steps, along a "cos" or a "linear" line; it stays there."""

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        rates = _per_group("swa_lr", optimizer, swa_lr)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _part(self, step):
        """How much of the way is done after ``step`` steps."""
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self):
        rates = self._rates_at_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        done, then = self._part(step - 1), self._part(step)
        ends = [group["swa_lr"] for group in self.optimizer.param_groups]
        starts = [end if done == 1 else (rate - done * end) / (1 - done) for rate, end in zip(rates, ends, strict=True)]
        return [end * then + start * (1 - then) for start, end in zip(starts, ends, strict=True)]
