"""Weights that were downloaded before. Nothing is fetched here."""

import importlib
import os
import re
import sys
from urllib.parse import urlparse

__all__ = ["download_url_to_file", "get_dir", "load_state_dict_from_url", "set_dir"]

HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")  # in a file's name: the first digits of what its bytes hash to

_chosen = [None]


class _Faketqdm:
    """What stands for tqdm where it is not installed: a count on the error stream, no iteration."""

    def __init__(self, total=None, disable=False, unit=None, *args, **kwargs):
        self.total, self.disable, self.n = total, disable, 0

    def update(self, n):
        if not self.disable:
            self.n += n
            sys.stderr.write(f"\r{self.n:.1f} bytes" if self.total is None else f"\r{100 * self.n / float(self.total):.1f}%")
            sys.stderr.flush()

    def set_description(self, *args, **kwargs):
        """Shown nowhere."""

    def write(self, s):
        sys.stderr.write(f"{s}\n")

    def close(self):
        self.disable = True

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if not self.disable:
            sys.stderr.write("\n")


def __getattr__(name):
    """``tqdm``: the installed one, imported when it is asked for."""
    if name != "tqdm":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    try:
        return importlib.import_module("tqdm").tqdm
    except ImportError:
        return _Faketqdm


def _get_torch_home():
    """$TORCH_HOME, or ~/.cache/torch; libraries put what they keep beside it."""
    cache = os.path.expanduser(os.getenv("XDG_CACHE_HOME", "~/.cache"))
    return os.path.expanduser(os.getenv("TORCH_HOME", os.path.join(cache, "torch")))


def get_dir():
    """The directory of PyTorch's downloads: what set_dir said, $TORCH_HOME/hub, or ~/.cache/torch/hub."""
    return os.path.join(_get_torch_home(), "hub") if _chosen[0] is None else _chosen[0]


def set_dir(d):
    """Where get_dir points from now on."""
    _chosen[0] = os.path.expanduser(d)


def download_url_to_file(url, dst, hash_prefix=None, progress=True):
    """FileNotFoundError: nothing is fetched."""
    raise FileNotFoundError(f"ctgrad downloads nothing: put the file of {url} at {dst}")


def load_state_dict_from_url(url, model_dir=None, map_location=None, progress=True, check_hash=False, file_name=None, weights_only=False):
    """The file of that name in model_dir (get_dir()'s "checkpoints"), loaded. FileNotFoundError where it was not downloaded."""
    from ctgrad.serialization import load
    directory = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    path = os.path.join(directory, file_name or os.path.basename(urlparse(url).path))
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path} is not there, and ctgrad downloads nothing: put the file of {url} there")
    return load(path, map_location=map_location)
