"""Symmetric tensors as the files have them: the last axis has xx yy xy in 2D and xx yy zz yz xz xy in 3D; shear components are not doubled."""

import numpy

COMPONENTS = {3: ("xx", "yy", "xy"), 6: ("xx", "yy", "zz", "yz", "xz", "xy")}


def component_names(count):
    """Names of the components of a tensor with 3 (in 2D) or 6 components (in 3D), in the order of the files."""
    return COMPONENTS[count]


def diagonal_and_shear(tensor):
    tensor = numpy.asarray(tensor)
    axes = {3: 2, 6: 3}[tensor.shape[-1]]
    return tensor[..., :axes], tensor[..., axes:]


def von_mises_strain(strain):
    """sqrt(e:e / 2) of traceless strains (STZ paper, Eq. 2), without the last axis."""
    diagonal, shear = diagonal_and_shear(strain)
    return numpy.sqrt(0.5 * (diagonal**2).sum(axis=-1) + (shear**2).sum(axis=-1))


def equivalent_shear_stress(stress):
    """sqrt(s:s / 2) of the deviator s of a stress, in the unit of the stress, without the last axis; in 2D sqrt(((xx - yy) / 2)^2 + xy^2)."""
    diagonal, shear = diagonal_and_shear(stress)
    return von_mises_strain(numpy.concatenate([diagonal - diagonal.mean(axis=-1, keepdims=True), shear], axis=-1))
