"""Switches of PyTorch's back ends, for the scripts that set them: they hold what is written and change nothing."""

from . import cuda as cuda, cudnn as cudnn, mkldnn as mkldnn, mps as mps
