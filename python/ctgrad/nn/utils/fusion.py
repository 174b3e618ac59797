"""A batch normalisation in evaluation folded into the layer before it."""

import copy

import ctgrad
from ctgrad.nn.parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def fuse_conv_bn_eval(conv, bn, transpose=False):
    """A copy of the convolution ``conv`` that computes ``bn(conv(x))``. AssertionError while one of them is in training."""
    return _fused(conv, bn, lambda *given: fuse_conv_bn_weights(*given, transpose))


def fuse_linear_bn_eval(linear, bn):
    """A copy of the Linear that computes ``bn(linear(x))``. AssertionError while one is in training, or the features differ."""
    if bn.num_features not in (linear.out_features, 1):
        raise AssertionError("To fuse, linear.out_features == bn.num_features or bn.num_features == 1")
    return _fused(linear, bn, fuse_linear_bn_weights)


def _fused(layer, bn, weights):
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("Only support fusing BatchNorm with both running_mean and running_var")
    fused = copy.deepcopy(layer)
    fused.weight, fused.bias = weights(layer.weight, layer.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    return fused


def fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose=False):
    """Weight and bias of the convolution that computes both; ``transpose``: of a transposed one."""
    return _weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 1 if transpose else 0)


def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b):
    """Weight and bias of the Linear that computes both."""
    return _weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)


def _weights(weight, bias, mean, variance, eps, scale, shift, dim):
    """``dim`` counts the outputs in ``weight``."""
    with ctgrad.no_grad():
        factor = (variance + eps).rsqrt()
        factor = factor if scale is None else factor * scale
        offset = -mean if bias is None else bias - mean
        offset = offset * factor if shift is None else offset * factor + shift
        shape = [1] * weight.dim()
        shape[dim] = -1
        dtype = weight.dtype
        made = weight * factor.reshape(shape).to(dtype), offset.to(dtype if bias is None else bias.dtype)
    return tuple(Parameter(tensor, wanted) for tensor, wanted in zip(made, (weight.requires_grad, weight.requires_grad if bias is None else bias.requires_grad)))
