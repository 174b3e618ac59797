"""The losses that the package itself offers beside ``nn.functional``'s: ``reduction`` is a number, 0: none (what PyTorch takes by default), 1: mean, 2: sum."""
from ctgrad.composed import need_tensor
from ctgrad.nn import functional as F
from ctgrad.nn._losses import _kl_div

__all__ = ["binary_cross_entropy_with_logits", "cosine_embedding_loss", "ctc_loss", "hinge_embedding_loss", "kl_div", "margin_ranking_loss",
           "poisson_nll_loss", "triplet_margin_loss"]


def _word(op, reduction, **tensors):
    """The word that ``nn.functional`` has for this number; TypeError for what is no number, and for tensors that are none."""
    for position, (name, x) in enumerate(tensors.items(), 1):
        need_tensor(op, x, name, position)
    if not isinstance(reduction, int) or isinstance(reduction, bool):
        raise TypeError(f"{op}(): argument 'reduction' must be int, not {type(reduction).__name__}")
    return {1: "mean", 2: "sum"}.get(reduction, "none")


def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction=0):
    """``functional.binary_cross_entropy_with_logits``."""
    word = _word("binary_cross_entropy_with_logits", reduction, input=input, target=target)
    return F.binary_cross_entropy_with_logits(input, target, weight, pos_weight=pos_weight, reduction=word)


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=0):
    """``functional.cosine_embedding_loss``."""
    word = _word("cosine_embedding_loss", reduction, input1=input1, input2=input2, target=target)
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=word)


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction=0, zero_infinity=False):
    """``functional.ctc_loss``."""
    word = _word("ctc_loss", reduction, log_probs=log_probs, targets=targets)
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, word, zero_infinity)


def hinge_embedding_loss(input, target, margin=1.0, reduction=0):
    """``functional.hinge_embedding_loss``."""
    return F.hinge_embedding_loss(input, target, margin, reduction=_word("hinge_embedding_loss", reduction, input=input, target=target))


def kl_div(input, target, reduction=0, *, log_target=False):
    """``functional.kl_div``, without its warning about the mean."""
    return _kl_div(input, target, _word("kl_div", reduction, input=input, target=target), log_target)


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=0):
    """``functional.margin_ranking_loss``."""
    word = _word("margin_ranking_loss", reduction, input1=input1, input2=input2, target=target)
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=word)


def poisson_nll_loss(input, target, log_input, full, eps, reduction):
    """``functional.poisson_nll_loss``; everything is to be said."""
    word = _word("poisson_nll_loss", reduction, input=input, target=target)
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=word)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction=0):
    """``functional.triplet_margin_loss``."""
    word = _word("triplet_margin_loss", reduction, anchor=anchor, positive=positive, negative=negative)
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=word)
