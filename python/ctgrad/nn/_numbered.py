"""The losses and dropouts that the package itself offers beside ``nn.functional``'s: ``reduction`` is a number, 0: none (what PyTorch takes by default), 1: mean, 2: sum, and
of a dropout everything is to be said."""
from ctgrad.composed import need_tensor
from ctgrad.composed.misfit import is_number, need_flag
from ctgrad.nn import functional as F
from ctgrad.nn._losses import _kl_div, refuse_integers
from ctgrad.nn._norms import _feature_dropout

__all__ = ["alpha_dropout", "alpha_dropout_", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "ctc_loss", "dropout", "dropout_", "feature_alpha_dropout", "feature_alpha_dropout_",
           "feature_dropout", "feature_dropout_", "hinge_embedding_loss", "kl_div", "margin_ranking_loss",
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
    """``functional.kl_div``, without its warning about the mean. RuntimeError for whole numbers."""
    word = _word("kl_div", reduction, input=input, target=target)
    refuse_integers(input, target)
    return _kl_div(input, target, word, log_target)


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


def _dropout(name, drop, inplace):
    def f(input, p, train):
        need_tensor(name, input)
        if not is_number(p):
            raise TypeError(f"{name}(): argument 'p' (position 2) must be float, not {type(p).__name__}")
        need_flag(name, train, "train")
        if not 0 <= p <= 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
        return drop(input, p, train, inplace)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"``functional.{name.rstrip('_')}``, where `train` says so{', in place' * inplace}. RuntimeError unless 0 <= p <= 1."
    return f


alpha_dropout, alpha_dropout_, dropout, dropout_, feature_alpha_dropout, feature_alpha_dropout_, feature_dropout, feature_dropout_ = (
    _dropout(name + "_" * inplace, drop, inplace)
    for name, drop in (("alpha_dropout", F.alpha_dropout), ("dropout", F.dropout), ("feature_alpha_dropout", F.feature_alpha_dropout), ("feature_dropout", _feature_dropout))
    for inplace in (False, True))
