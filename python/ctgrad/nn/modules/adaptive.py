"""AdaptiveLogSoftmaxWithLoss: a softmax over very many classes, the rare ones in clusters (Grave et al. 2017)."""

from typing import NamedTuple

import ctgrad
from ctgrad.nn import functional as F

from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    output: ctgrad.Tensor
    loss: ctgrad.Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of the target classes (N,), and their negative mean, of features (N, in_features) or (in_features,).

    Classes are sorted, the frequent ones first; ``cutoffs`` part them: those below the first are told apart by the ``head``, the other
    clusters by matrices of rank in_features / div_value^(i + 1). ValueError for cutoffs that do not rise below ``n_classes``.
    """

    def __init__(self, in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None):
        super().__init__()
        cutoffs = list(cutoffs)
        if len(cutoffs) == 0:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if (cutoffs != sorted(cutoffs) or min(cutoffs) <= 0 or max(cutoffs) > n_classes - 1 or len(set(cutoffs)) != len(cutoffs)
                or any(int(c) != c for c in cutoffs)):
            raise ValueError("cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is between 1 and "
                             "n_classes-1")
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = cutoffs[0]
        self.n_clusters = len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, device=device, dtype=dtype)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            rank = int(in_features // (div_value ** (i + 1)))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(Sequential(Linear(in_features, rank, bias=False, device=device, dtype=dtype),
                                        Linear(rank, size, bias=False, device=device, dtype=dtype)))

    def reset_parameters(self):
        """Draw the weights anew."""
        self.head.reset_parameters()
        for first, second in self.tail:
            first.reset_parameters()
            second.reset_parameters()

    def forward(self, input, target):
        if target.dim() not in (0, 1):
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if input.dim() != target.dim() + 1:
            raise RuntimeError(f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found input with size {list(input.shape)}")
        if target.dim() == 1 and input.size(0) != target.size(0):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        single = target.dim() == 0
        if single:
            input, target = input.unsqueeze(0), target.unsqueeze(0)
        if target.numel() and not 0 <= int(target.min()) <= int(target.max()) < self.n_classes:
            raise RuntimeError(f"Target values should be in [0, {self.n_classes - 1}], but values in range [{int(target.min())}, {int(target.max())}] were "
                               "found. ")
        output = self._of_targets(input, target)
        return _ASMoutput(output.squeeze(0) if single else output, (-output).mean())

    def _of_targets(self, input, target):
        output, places = input.new_zeros(len(target)), target.clamp_max(self.shortlist_size - 1)
        for i, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            rows = ((target >= low) & (target < high)).nonzero().squeeze(1)
            if rows.numel() == 0:
                continue
            inside = F.log_softmax(self.tail[i](input.index_select(0, rows)), dim=1)
            output.index_copy_(0, rows, inside.gather(1, (target[rows] - low).unsqueeze(1)).squeeze(1))
            places.index_fill_(0, rows, self.shortlist_size + i)
        head = F.log_softmax(self.head(input), dim=1)
        return output.add_(head.gather(1, places.unsqueeze(1)).squeeze())

    def _all_of(self, input, head):
        logs = F.log_softmax(head, dim=1)
        parts = [logs[:, :self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            parts.append(F.log_softmax(tail(input), dim=1) + logs[:, self.shortlist_size + i].unsqueeze(1))
        return ctgrad.cat(parts, 1)

    def log_prob(self, input):
        """The log-probabilities of all classes: (N, n_classes)."""
        return self._all_of(input, self.head(input))

    def predict(self, input):
        """The most probable class of each row; the clusters are looked into only where one of them is the most probable."""
        head = self.head(input)
        output = head.argmax(1)
        rows = (output >= self.shortlist_size).nonzero().squeeze(1)
        if rows.numel():
            output[rows] = self._all_of(input[rows], head[rows]).argmax(1)
        return output
