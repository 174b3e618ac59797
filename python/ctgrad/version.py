"""Which PyTorch the names follow, and what is not there: other devices."""

__version__ = "2.13.0"
debug = False
cuda = hip = rocm = xpu = git_version = None
