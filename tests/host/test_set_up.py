"""What `make` notices, and what `make run` reads and refuses."""

from pathlib import Path

import pytest

from local.run import AlreadyRunningError, Options, only_one
from local.set_up import is_stamped, write_stamp


def test_a_changed_requirement_is_noticed_and_a_newer_file_alone_is_not(tmp_path: Path) -> None:
    requirements, stamp = tmp_path / "requirements.txt", tmp_path / "stamp"
    requirements.write_text("ruff==1\n")
    assert not is_stamped(stamp, [requirements])
    write_stamp(stamp, [requirements])
    requirements.touch()
    assert is_stamped(stamp, [requirements])
    requirements.write_text("ruff==2\n")
    assert not is_stamped(stamp, [requirements])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Options("nordurljos.example", setup=True, people=True, sign_in="auto")),
        ({"EMPTY": "1"}, Options("nordurljos.example", setup=True, people=False, sign_in="auto")),
        ({"SETUP": "none"}, Options("nordurljos.example", setup=False, people=False, sign_in="auto")),
        ({"EMPTY": "", "SETUP": "", "DOMAIN": "", "SIGN_IN": ""}, Options("nordurljos.example", True, True, "auto")),
        ({"DOMAIN": "enron.com", "SIGN_IN": "required"}, Options("enron.com", True, True, "required")),
    ],
)
def test_the_environment_says_what_to_run(environment: dict[str, str], expected: Options) -> None:
    assert Options.read(environment) == expected


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    with (
        only_one(lock),
        pytest.raises(AlreadyRunningError, match=r"up in this folder already \(process \d+\)"),
        only_one(lock),
    ):
        pass
    with only_one(lock):
        pass
