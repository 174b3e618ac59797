"""Attention: ``functional.scaled_dot_product_attention`` and ``multi_head_attention_forward``."""

import math
import warnings

import ctgrad
from ctgrad import Tensor
from ctgrad._C import _ops
from ctgrad._dtypes import cxx_name
from ctgrad.composed.misfit import typed

from ._halves import HALVES
from ._padding import pad


@typed
def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """softmax(query @ key.T * scale + mask) @ value: (..., L, E), (..., S, E), (..., S, V) to (..., L, V).

    ``attn_mask`` broadcasts to (..., L, S): a bool one is True where attention is paid, a float one is added; ``is_causal`` masks
    what comes later than the query. ``scale`` is 1 / sqrt(E) where not given. Rows of which all is masked give 0. With
    ``enable_gqa``, groups of query heads share the heads of key and value. RuntimeError for shapes that do not fit, for other mask
    dtypes, and for a mask together with ``is_causal``.
    """
    if getattr(type(attn_mask), "_of_attention", False):  # a CausalBias: the result is none
        attn_mask = attn_mask.as_subclass(ctgrad.Tensor)
    _check_attention(query, key, value, attn_mask, is_causal)
    if query.dtype in HALVES:  # computed in float32 throughout, and rounded once
        mask = attn_mask.float() if attn_mask is not None and attn_mask.dtype in HALVES else attn_mask
        return scaled_dot_product_attention(query.float(), key.float(), value.float(), mask, dropout_p, is_causal, scale, enable_gqa).to(query.dtype)
    if dropout_p == 0.0 and not enable_gqa and _one_pass(query, key, value, attn_mask):
        return _ops["attention"](query, key, value, attn_mask, is_causal, scale=1.0 / math.sqrt(query.size(-1)) if scale is None else scale)[0]
    root = math.sqrt(1.0 / math.sqrt(query.size(-1) or 1) if scale is None else abs(scale))
    if enable_gqa:
        key, value = (t.repeat_interleave(query.size(-3) // (t.size(-3) or 1), -3) for t in (key, value))
    query = query * (root if scale is None or scale >= 0 else -root)
    weights = query @ (key.transpose(-2, -1) * root)
    mask = _added_mask(query, key, attn_mask, is_causal)
    if mask is not None:
        weights = weights + mask
    weights = _safe_softmax(weights, masked=mask is not None and not is_causal)
    if dropout_p > 0.0:
        weights = ctgrad.nn.functional.dropout(weights, dropout_p)
    return weights @ value


def _one_pass(query, key, value, attn_mask):
    """Do the operands suit the op that forms no matrix of scores? Four dims, one batch and size, nothing that it does not differentiate."""
    shape, other = query.shape, key.shape
    if len(shape) != 4 or len(other) != 4 or other != value.shape or shape[:2] != other[:2] or shape[3] != other[3] or not query.is_floating_point():
        return False
    if 0 in shape or 0 in other or not query.stride(-1) == key.stride(-1) == value.stride(-1) == 1:
        return False
    if attn_mask is None:
        return True
    wanted = (*shape[:3], other[2])
    return not attn_mask.requires_grad and attn_mask.dim() in (2, 4) and all(
        have in (1, size) for have, size in zip(attn_mask.shape, wanted[4 - attn_mask.dim():]))


def _check_attention(query, key, value, attn_mask, is_causal):
    dtypes = query.dtype, key.dtype, value.dtype
    if len(set(dtypes)) > 1:
        raise RuntimeError(f"Expected query, key, and value to have the same dtype, but got query.dtype: {cxx_name(dtypes[0])} key.dtype: "
                           f"{cxx_name(dtypes[1])} and value.dtype: {cxx_name(dtypes[2])} instead.")
    if min(query.dim(), key.dim(), value.dim()) < 2:
        raise RuntimeError("Expected query, key, and value to all be  at least 2 dimensional, but got query.dim(): "
                           f"{query.dim()}, key.dim(): {key.dim()} and value.dim(): {value.dim()} instead.")
    if attn_mask is not None:
        if is_causal:
            raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
        if attn_mask.dtype not in (ctgrad.bool, query.dtype):
            raise RuntimeError("Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                               f"{cxx_name(attn_mask.dtype)} and  query.dtype: {cxx_name(query.dtype)} instead.")


def _added_mask(query, key, attn_mask, is_causal):
    """What is added to the weights; None: nothing."""
    if is_causal:
        shape = query.size(-2), key.size(-2)
        return ctgrad.full(shape, -math.inf, dtype=query.dtype).triu(1)
    if attn_mask is None or attn_mask.dtype != ctgrad.bool:
        return attn_mask
    return ctgrad.zeros(attn_mask.shape, dtype=query.dtype).masked_fill_(attn_mask.logical_not(), -math.inf)


def _safe_softmax(weights, masked):
    """softmax along the last dim, 0 for rows that are -inf throughout."""
    nothing = (weights == -math.inf).all(-1, keepdim=True) if masked else None
    if nothing is None or not bool(nothing.any()):
        return weights.softmax(-1)
    return weights.masked_fill(nothing, 0.0).softmax(-1).masked_fill(nothing, 0.0)


# --- masks of several kinds, and their checks ---

def _mha_shape_check(query, key, value, key_padding_mask, attn_mask, num_heads):
    """Is the input a batch? AssertionError where the numbers of dimensions do not go together."""
    if query.dim() not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {query.dim()}-D query tensor")
    batched = query.dim() == 3
    dims = 3 if batched else 2
    start = f"For {'batched (3-D)' if batched else 'unbatched (2-D)'} `query`, expected"
    if key.dim() != dims or value.dim() != dims:
        raise AssertionError(f"{start} `key` and `value` to be {dims}-D but found {key.dim()}-D and {value.dim()}-D tensors respectively")
    if key_padding_mask is not None and key_padding_mask.dim() != dims - 1:
        raise AssertionError(f"{start} `key_padding_mask` to be `None` or {dims - 1}-D but found {key_padding_mask.dim()}-D tensor instead")
    if attn_mask is not None:
        if attn_mask.dim() not in (2, 3):
            raise AssertionError(f"{start} `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor instead")
        wanted = (num_heads, query.shape[0], key.shape[0])
        if not batched and attn_mask.dim() == 3 and attn_mask.shape != wanted:
            raise AssertionError(f"Expected `attn_mask` shape to be {wanted} but got {attn_mask.shape}")
    return batched


def _canonical_mask(mask, mask_name, other_type, other_name, target_type, check_other=True):
    """The mask as what is added: bool ones become -inf where they are True."""
    if mask is None:
        return None
    floating = ctgrad.is_floating_point(mask)
    if mask.dtype != ctgrad.bool and not floating:
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check_other and other_type is not None and mask.dtype != other_type:
        warnings.warn(f"Support for mismatched {mask_name} and {other_name} is deprecated. Use same type for both instead.", stacklevel=2)
    return mask if floating else ctgrad.zeros_like(mask, dtype=target_type).masked_fill_(mask, -math.inf)


def _none_or_dtype(input):
    if input is None or isinstance(input, Tensor):
        return None if input is None else input.dtype
    raise RuntimeError("input to _none_or_dtype() must be None or torch.Tensor")


def _checked_attn_mask(mask, heads, tgt_len, src_len):
    if mask is None:
        return None
    wanted = (tgt_len, src_len) if mask.dim() == 2 else (heads, tgt_len, src_len)
    if mask.dim() not in (2, 3):
        raise RuntimeError(f"attn_mask's dimension {mask.dim()} is not supported")
    if mask.shape != wanted:
        raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}.")
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def _merged(attn_mask, key_padding_mask, batch, heads, src_len):
    """Both masks in one, (batch * heads or 1, L or 1, S)."""
    if key_padding_mask is None:
        return attn_mask
    for dim, wanted in ((0, batch), (1, src_len)):
        if key_padding_mask.shape[dim] != wanted:
            raise AssertionError(f"Expected key_padded_mask.shape[{dim}] to be {wanted}, but got {key_padding_mask.shape[dim]}")
    wide = key_padding_mask.view(batch, 1, 1, src_len).expand(-1, heads, -1, -1).reshape(batch * heads, 1, src_len)
    return wide if attn_mask is None else attn_mask + wide


# --- multi-head attention ---

def _in_projection_packed(query, key, value, weight, bias):
    """q, k and v by one weight (3E, E) and bias (3E): in as few products as there are different inputs."""
    linear, width = ctgrad.linear, query.size(-1)
    if key is value:
        if query is key:
            joint = linear(query, weight, bias)
            joint = joint.unflatten(-1, (3, width)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
            return joint[0], joint[1], joint[2]
        w_q, w_kv = weight.split([width, width * 2])
        b_q, b_kv = (None, None) if bias is None else bias.split([width, width * 2])
        joint = linear(key, w_kv, b_kv)
        joint = joint.unflatten(-1, (2, width)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
        return linear(query, w_q, b_q), joint[0], joint[1]
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weight.chunk(3), biases, strict=True))


def _projected(query, key, value, in_proj_weight, in_proj_bias, separate):
    if separate is None:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        return _in_projection_packed(query, key, value, in_proj_weight, in_proj_bias)
    if key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    for name, weight in zip("qkv", separate, strict=True):
        if weight is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
    biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
    return tuple(ctgrad.linear(x, w, b) for x, w, b in zip((query, key, value), separate, biases, strict=True))


def _with_bias_kv(k, v, bias_k, bias_v, static_k, static_v):
    if (bias_k is None) != (bias_v is None):
        raise AssertionError("bias_k is set but bias_v is None" if bias_v is None else "bias_v is set but bias_k is None")
    for name, static in (("key", static_k), ("value", static_v)):
        if static is not None:
            raise AssertionError(f"bias cannot be added to static {name}.")
    batch = k.shape[1]
    return ctgrad.cat([k, bias_k.repeat(1, batch, 1)]), ctgrad.cat([v, bias_v.repeat(1, batch, 1)])


def _by_head(x, static, name, heads, width):
    """(S, batch, E) to (batch * heads, S, width), or what was given as such."""
    if static is None:
        return x.view(x.shape[0], heads, width).transpose(0, 1)
    for dim, wanted in ((0, heads), (2, width)):
        if static.size(dim) != wanted:
            raise AssertionError(f"expecting static_{name}.size({dim}) of {wanted}, but got {static.size(dim)}")
    return static


def multi_head_attention_forward(query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v,
                                 add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None,
                                 need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None,
                                 k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None, average_attn_weights=True,
                                 is_causal=False):
    """What ``MultiheadAttention`` computes, from (L, batch, E), (S, batch, E), (S, batch, E): output and weights, or None.

    AssertionError or RuntimeError, as PyTorch's, where shapes and arguments do not go together.
    """
    batched = _mha_shape_check(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    tgt_len, batch, width = query.shape
    src_len = key.shape[0]
    key_padding_mask = _canonical_mask(key_padding_mask, "key_padding_mask", _none_or_dtype(attn_mask), "attn_mask", query.dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
                           "`generate_square_subsequent_mask` to create this mask.")
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        attn_mask = _canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, check_other=False)
        is_causal = is_causal and key_padding_mask is None
    if width != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}")
    head_dim, heads = width // num_heads, batch * num_heads
    if head_dim * num_heads != width:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {num_heads}")
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias, separate)
    attn_mask = _checked_attn_mask(attn_mask, heads, tgt_len, src_len)
    masks = [attn_mask, key_padding_mask]
    if bias_k is not None or bias_v is not None:
        k, v = _with_bias_kv(k, v, bias_k, bias_v, static_k, static_v)
        masks = [mask if mask is None else pad(mask, (0, 1)) for mask in masks]
    q = q.view(tgt_len, heads, head_dim).transpose(0, 1)
    k, v = _by_head(k, static_k, "k", heads, head_dim), _by_head(v, static_v, "v", heads, head_dim)
    if add_zero_attn:
        k, v = (ctgrad.cat([x, x.new_zeros((heads, 1, head_dim))], 1) for x in (k, v))
        masks = [mask if mask is None else pad(mask, (0, 1)) for mask in masks]
    mask = _merged(*masks, batch, num_heads, k.size(1))
    attend = _attend_with_weights if need_weights else _attend
    out, weights = attend(q, k, v, mask, dropout_p if training else 0.0, is_causal, batch, num_heads)
    out = ctgrad.linear(out, out_proj_weight, out_proj_bias).view(tgt_len, batch, out_proj_weight.size(0))
    if weights is not None and average_attn_weights:
        weights = weights.mean(1)
    return (out, weights) if batched else (out.squeeze(1), weights if weights is None else weights.squeeze(0))


def _attend_with_weights(q, k, v, mask, dropout_p, is_causal, batch, num_heads):
    heads, tgt_len, width = q.shape
    q = q * math.sqrt(1.0 / float(width))
    if is_causal and mask is None:
        raise AssertionError("is_causal is not implemented for need_weights: pass attn_mask, or need_weights=False")
    weights = ctgrad.bmm(q, k.transpose(-2, -1)) if mask is None else ctgrad.baddbmm(mask, q, k.transpose(-2, -1))
    weights = weights.softmax(-1)
    if dropout_p > 0.0:
        weights = ctgrad.nn.functional.dropout(weights, p=dropout_p)
    out = ctgrad.bmm(weights, v).transpose(0, 1).contiguous().view(tgt_len * batch, num_heads * width)
    return out, weights.view(batch, num_heads, tgt_len, k.size(1))


def _attend(q, k, v, mask, dropout_p, is_causal, batch, num_heads):
    _, tgt_len, width = q.shape
    if mask is not None:
        mask = mask.unsqueeze(0) if mask.size(0) == 1 and mask.dim() == 3 else mask.view(batch, num_heads, mask.size(-2), k.size(1))
    q, k, v = (x.view(batch, num_heads, x.size(1), width) for x in (q, k, v))
    out = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    return out.permute(2, 0, 1, 3).contiguous().view(batch * tgt_len, num_heads * width), None
