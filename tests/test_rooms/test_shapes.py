import numpy as np
import pytest

from mtcp_mm.rooms.shapes import Box, Capsule, Ellipsoid, Frustum, Quad

# Each solid with a function that is negative inside, zero on the surface and positive outside.
SOLIDS = {
    'box': (Box((0.5, 0.3, 0.2)), lambda p: np.max(np.abs(p.T) - [0.5, 0.3, 0.2], axis=1)),
    'ellipsoid': (Ellipsoid((0.5, 0.3, 0.2)), lambda p: np.linalg.norm(p.T / [0.5, 0.3, 0.2], axis=1) - 1),
    'capsule': (
        Capsule(0.2, 0.4),
        lambda p: np.linalg.norm(p - [[0], [0], [1]] * np.clip(p[2], -0.4, 0.4), axis=0) - 0.2,
    ),
    'frustum': (
        Frustum(0.4, 0.1, 0.3),
        lambda p: np.maximum(np.abs(p[2]) - 0.3, np.hypot(p[0], p[1]) - (0.25 - 0.5 * p[2])),
    ),
}


def _rays(count=400):
    rng = np.random.default_rng(0)
    origin = rng.normal(size=(3, count))
    origin *= 3 / np.linalg.norm(origin, axis=0)
    target = rng.uniform(-0.6, 0.6, (3, count))
    return origin.astype(np.float32), (target - origin).astype(np.float32)


@pytest.mark.parametrize('name', SOLIDS)
def test_rays_enter_at_the_first_point_inside(name):
    shape, outside = SOLIDS[name]
    origin, direction = _rays()
    parameter = shape.enter(origin, direction)
    hit = np.isfinite(parameter)
    assert 50 < hit.sum() < 390

    surface = origin + direction * np.where(hit, parameter, 0)
    np.testing.assert_allclose(outside(surface[:, hit]), 0, atol=2e-5)
    # March along each ray: no point is inside before the hit, or anywhere without a hit.
    for step in np.linspace(0, 2, 400):
        before = ~hit | (step < parameter - 1e-3)
        points = origin + direction * step
        assert (outside(points[:, before]) > -1e-4).all()


@pytest.mark.parametrize('name', SOLIDS)
def test_normals_are_the_gradient_of_the_inside_function(name):
    shape, outside = SOLIDS[name]
    origin, direction = _rays()
    parameter = shape.enter(origin, direction)
    hit = np.isfinite(parameter)
    points = (origin + direction * np.where(hit, parameter, 0))[:, hit].astype(np.float64)
    step = 1e-5
    gradient = np.stack(
        [outside(points + step * axis[:, None]) - outside(points - step * axis[:, None]) for axis in np.eye(3)]
    )
    gradient /= np.linalg.norm(gradient, axis=0)
    cosine = (gradient * shape.normal(points)).sum(axis=0)
    assert (cosine > 0.999).mean() > 0.97  # the rest straddles an edge
    np.testing.assert_allclose(np.linalg.norm(shape.normal(points), axis=0), 1, atol=1e-5)


def test_sphere_agrees_with_the_closed_form():
    origin, direction = _rays()
    direction /= np.linalg.norm(direction, axis=0)
    along = (origin * direction).sum(axis=0)
    discriminant = along**2 - (origin**2).sum(axis=0) + 0.5**2
    expected = np.where(discriminant > 0, -along - np.sqrt(np.maximum(discriminant, 0)), np.inf)
    clear = np.abs(discriminant) > 1e-4
    found = Ellipsoid((0.5, 0.5, 0.5)).enter(origin, direction)
    np.testing.assert_allclose(found[clear], expected[clear], atol=1e-4)


def test_a_capsule_of_no_length_is_a_sphere():
    origin, direction = _rays()
    np.testing.assert_allclose(
        Capsule(0.3, 0.0).enter(origin, direction), Ellipsoid((0.3,) * 3).enter(origin, direction), atol=1e-4
    )


def test_a_quad_is_visible_from_one_side():
    above, below = np.float32([[0.1], [0.1], [2]]), np.float32([[0.1], [0.1], [-2]])
    down = np.float32([[0], [0], [-1]])
    quad = Quad((0.5, 0.5, 0.0))
    assert quad.enter(above, down) == 2
    assert np.isinf(quad.enter(below, -down))
    assert np.isinf(quad.enter(above + [[0.5], [0], [0]], down))
