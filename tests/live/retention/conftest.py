import pytest

from tests.live.retention.keeping import Kept


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path)
