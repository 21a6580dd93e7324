"""Replacements of OpenMMLab classes accept all arguments of the originals."""

from inspect import Parameter, isclass, signature

import pytest
from mmengine.registry import Registry
from mmseg import registry

import mtcp_mm  # noqa: F401  # fills the registries
from mtcp_mm.engine.checkpoint import AtomicLocalBackend

FAMILY = ('mmengine', 'mmcv', 'mmseg', 'mmdet', 'mmpretrain')
REGISTRIES = [value for value in vars(registry).values() if isinstance(value, Registry)]


def family_base(part: type) -> type | None:
    return next((base for base in part.__mro__ if base.__module__.split('.')[0] in FAMILY), None)


PARTS = [part for registry in REGISTRIES for part in registry.module_dict.values() if isclass(part)]
PARTS = sorted({part for part in [*PARTS, AtomicLocalBackend] if part.__module__.startswith('mtcp_mm')}, key=str)
PAIRS = [(part, family_base(part)) for part in PARTS if family_base(part)]


def named(part: type) -> dict[str, Parameter]:
    kinds = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return {name: entry for name, entry in signature(part).parameters.items() if entry.kind not in kinds}


@pytest.mark.parametrize(('part', 'base'), PAIRS, ids=lambda part: part.__name__)
def test_takes_the_arguments_of_its_parent(part, base):
    passes_on = any(entry.kind is Parameter.VAR_KEYWORD for entry in signature(part).parameters.values())
    assert passes_on or not set(named(base)) - set(named(part))
