"""scikit-learn's description of an estimator, with what imbalanced-learn adds; imported when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

__all__: list[str] = []


@dataclass(slots=True)
class _Inputs(InputTags):
    dataframe: bool = False


@dataclass(slots=True)
class _Sampler:
    sample_indices: bool = False


@dataclass(slots=True)
class _Tags(Tags):
    sampler_tags: _Sampler | None = None
    input_tags: InputTags = field(default_factory=_Inputs)


def tags(kind: str | None, *, sparse: bool, string: bool, nan: bool, indices: bool) -> Tags:
    """Tags of a sampler or of a classifier."""
    return _Tags(
        estimator_type=kind,
        target_tags=TargetTags(required=True),
        classifier_tags=ClassifierTags() if kind == "classifier" else None,
        input_tags=_Inputs(sparse=sparse, string=string, allow_nan=nan, dataframe=True),
        sampler_tags=_Sampler(indices) if kind == "sampler" else None,
    )
