"""Log-odds from named features: a fitted linear model, with a small neural network on top when there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One hidden layer of rectified units (Nair and Hinton 2010) over standardised features."""

    mean: _Floats
    scale: _Floats
    hidden: _Floats
    """Weights of the hidden units, shape (units, names)."""
    hidden_bias: _Floats
    output: _Floats
    """One weight a hidden unit."""

    def __call__(self, data: _Floats) -> _Floats:
        """Return one log-odds a row of `data`, shape (rows, names)."""
        units = np.maximum((data - self.mean) / self.scale @ self.hidden.T + self.hidden_bias, 0.0)
        scores: _Floats = units @ self.output
        return scores


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """Weighs features. One that a row lacks is 0, one that the model does not know counts for nothing."""

    names: tuple[str, ...]
    linear: _Floats
    """One weight a name."""
    bias: float = 0.0
    network: Network | None = None

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Scorer:
        """Return a linear model from weights by name; `bias` is added to every row."""
        names = tuple(name for name in weights if name != "bias")
        linear = np.array([weights[name] for name in names], dtype=np.float32)
        return cls(names, linear, weights.get("bias", 0.0))

    @classmethod
    def read(cls, model: Mapping[str, Any]) -> Scorer:
        """Return a model as `training/ranker.py` writes it."""
        linear = np.array(model["linear"], dtype=np.float32)
        parts = model.get("network")
        network = (
            Network(**{name: np.array(part, dtype=np.float32) for name, part in parts.items()})
            if parts
            else None
        )
        return cls(tuple(model["names"]), linear, float(model.get("bias", 0.0)), network)

    def __call__(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Return one log-odds a row, in order."""
        listed = [[row.get(name, 0.0) for name in self.names] for row in rows]
        data = np.array(listed, dtype=np.float32).reshape(len(rows), len(self.names))
        scores = data @ self.linear + np.float32(self.bias)
        if self.network is not None:
            scores = scores + self.network(data)
        return [float(score) for score in scores]
