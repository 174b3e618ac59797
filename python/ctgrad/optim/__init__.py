"""Optimisers and learning rate schedules."""

from ctgrad._homes import settle as _settle

from . import lr_scheduler, swa_utils
from .adam import Adam
from .adam_like import NAdam, RAdam
from .adamw import AdamW
from .adaptive import Adadelta, Adagrad, Adamax
from .averaged import ASGD, Rprop
from .factored import Adafactor, Muon
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD
from .sparse_adam import SparseAdam

__all__ = ["ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "Muon", "NAdam", "Optimizer", "RAdam", "RMSprop", "Rprop", "SGD", "SparseAdam", "lr_scheduler", "swa_utils"]

_settle(__name__, {
    "_adafactor": "Adafactor", "_muon": "Muon",
    "adadelta": "Adadelta", "adagrad": "Adagrad", "adamax": "Adamax", "asgd": "ASGD", "nadam": "NAdam", "radam": "RAdam", "rprop": "Rprop",
})
