"""Weights that were downloaded before. Nothing is fetched here."""

import os
from urllib.parse import urlparse

__all__ = ["get_dir", "load_state_dict_from_url", "set_dir"]

_chosen = [None]


def get_dir():
    """The directory of PyTorch's downloads: what set_dir said, $TORCH_HOME/hub, or ~/.cache/torch/hub."""
    if _chosen[0] is not None:
        return _chosen[0]
    cache = os.path.expanduser(os.getenv("XDG_CACHE_HOME", "~/.cache"))
    return os.path.join(os.path.expanduser(os.getenv("TORCH_HOME", os.path.join(cache, "torch"))), "hub")


def set_dir(d):
    """Where get_dir points from now on."""
    _chosen[0] = os.path.expanduser(d)


def load_state_dict_from_url(url, model_dir=None, map_location=None, progress=True, check_hash=False, file_name=None, weights_only=False):
    """The file of that name in model_dir (get_dir()'s "checkpoints"), loaded. FileNotFoundError where it was not downloaded."""
    from ctgrad.serialization import load
    directory = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    path = os.path.join(directory, file_name or os.path.basename(urlparse(url).path))
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path} is not there, and ctgrad downloads nothing: put the file of {url} there")
    return load(path, map_location=map_location)
