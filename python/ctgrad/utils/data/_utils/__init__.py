"""Names that scripts import from where PyTorch keeps them."""

from . import collate as collate
