"""What the tests of drawings need."""

import pytest
from known_maps import KnownMaps


@pytest.fixture(scope='session')
def inferencer() -> KnownMaps:
    return KnownMaps()
