"""Random choice of the furniture and the people in a room."""

import numpy as np

from .fixtures import wall_television
from .floor_plan import FloorPlan
from .people import standing_person, with_seated_person
from .seating import bed, chair, sofa
from .storage import bookshelf, cabinet, television
from .tables import coffee_table, desk, dining_set, floor_lamp, floor_mat, night_stand


def furnish(rng: np.random.Generator, plan: FloorPlan) -> None:
    """Places the furniture of a bedroom, living room, dining room or study, then random extras."""
    kind = rng.integers(4)
    if kind == 0:
        plan.stand_at_wall(bed(rng))
        plan.stand_at_wall(night_stand(rng))
    elif kind == 1:
        _stand_sofa(rng, plan)
        plan.stand_at_wall(television(rng), (0, 1, 2))
        plan.stand_at_wall(bookshelf(rng))
        plan.place_anywhere(coffee_table(rng), rng.choice([0, np.pi / 2]))
    elif kind == 2:
        plan.place_anywhere(dining_set(rng), rng.choice([0, np.pi / 2]) + rng.normal(0, 0.1))
    else:
        plan.stand_at_wall(desk(rng))
        plan.stand_at_wall(bookshelf(rng))
    if kind != 1 and rng.random() < 0.4:
        _stand_sofa(rng, plan)
    extras = [bed, cabinet, cabinet, bookshelf, television, desk, night_stand, dining_set]
    rng.shuffle(extras)
    for make in extras[: int(rng.integers(3, 7))]:
        plan.stand_at_wall(make(rng))
    if rng.random() < 0.45:
        plan.stand_at_wall(floor_lamp(rng), (0, 1, 2))
    for _ in range(int(rng.integers(0, 3))):
        plan.place_anywhere(chair(rng), rng.uniform(0, 2 * np.pi))
    if rng.random() < 0.25:
        plan.hang_on_wall(wall_television(rng), 1.0)
    if rng.random() < 0.6:
        plan.lay_on_floor(floor_mat(rng), rng.choice([0, np.pi / 2]) + rng.normal(0, 0.15))


def _stand_sofa(rng: np.random.Generator, plan: FloorPlan) -> None:
    piece = sofa(rng)
    if rng.random() < 0.5:
        piece = with_seated_person(rng, piece, rng.uniform(-0.3, 0.3))
    plan.stand_at_wall(piece)


def add_people(rng: np.random.Generator, plan: FloorPlan) -> None:
    """Places up to two standing people, and sometimes one on a chair."""
    if rng.random() < 0.35:
        plan.place_anywhere(with_seated_person(rng, chair(rng), 0.0), rng.uniform(0, 2 * np.pi))
    for _ in range(int(rng.choice([0, 1, 1, 2]))):
        plan.place_anywhere(standing_person(rng), rng.uniform(0, 2 * np.pi))
