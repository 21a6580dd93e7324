import errno

import pytest

from mtcp_mm.utils import MissingFileError, UnwritableError, UserError


@pytest.mark.parametrize(('kind', 'builtin'), [(MissingFileError, FileNotFoundError), (UnwritableError, OSError)])
def test_what_the_user_can_fix_is_caught_as_such_and_as_pythons_own(kind, builtin):
    assert issubclass(kind, UserError) and issubclass(kind, builtin)


def test_the_message_names_the_place_the_reason_and_the_remedy():
    said = UnwritableError.of('/out/a.png', PermissionError(errno.EACCES, 'Permission denied', '/out'))
    assert said.errno == errno.EACCES
    for words in ('/out/a.png', 'Permission denied: /out', 'choose another place'):
        assert words in str(said)
    assert '/else' not in str(UnwritableError.of('/out/a.png', OSError(errno.EACCES, 'Permission denied', '/else')))
