import pytest

from abnormal.errors import AbnormalError
from abnormal.live.page.access_token import FILE_NAME, access_token


def test_a_token_is_made_once_and_only_its_user_can_read_it(tmp_path):
    token = access_token(tmp_path)
    assert len(token) >= 32
    assert access_token(tmp_path) == token
    path = tmp_path / FILE_NAME
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    access_token(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_token_can_be_given(tmp_path):
    (tmp_path / FILE_NAME).write_text("my-own_token-0123456789\n")
    assert access_token(tmp_path) == "my-own_token-0123456789"


@pytest.mark.parametrize("content", ["", "short\n", "a" * 300, "two words, no token\n", "\0" * 20])
def test_what_is_no_token_is_refused(content, tmp_path):
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(AbnormalError, match="has no token"):
        access_token(tmp_path)


def test_a_folder_in_its_place_is_one_line(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(AbnormalError, match=FILE_NAME):
        access_token(tmp_path)
