import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import send
from local.tenant import Tenant
from tests.tenant.letters import CONTACT, LOGGING_MAILBOX, SALESPERSON, letter, logged

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def running(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What `python -m local tenant` prints when it is ready."""
    command = [sys.executable, "-m", "local", "tenant", "--domain", "other.example", "--folder", str(certificates)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready: dict[str, Any] = json.loads(process.stdout.readline())
        monkeypatch.setenv("SSL_CERT_FILE", ready["settings"]["SSL_CERT_FILE"])
        yield ready
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_box_in_another_process_takes_mail_and_tells_its_state(running: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(letter(To="a@other.example", Message_ID="<1@fiskur.example>").as_bytes())
    assert send.main([str(tmp_path), "--smtp", running["smtp"]]) == 0
    state = httpx.get(f"{running['url']}/box/state").json()
    assert state["mailboxes"]["log@other.example"]["Inbox"] == ["<1@fiskur.example>"]


def test_an_mbox_file_is_sent_with_bcc_in_the_envelope_only(
    tenant: Tenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = letter("From here on\n>From there on\n", Subject="one", To="x@else.example", Bcc=f"Anna <{SALESPERSON}>")
    nobody = letter(Subject="two", To=None)
    separator = b"From x@y.example Mon Nov 23 10:00:00 2026\n"
    stored = separator + secret.as_bytes() + b"\n" + separator + nobody.as_bytes()
    (tmp_path / "mail.mbox").write_bytes(stored)
    assert send.main([str(tmp_path / "mail.mbox"), "--smtp", tenant.smtp]) == 0
    assert capsys.readouterr().out == "1 delivered, 1 without recipients, 0 refused\n"
    assert logged(tenant) == ["one"]
    raw = tenant.exchange.mailbox(SALESPERSON).messages()[0].mail.raw
    assert b"Bcc" not in raw
    assert b"\r\n\r\nFrom here on\r\nFrom there on\r\n" in raw


def test_mail_without_recipients_can_go_straight_to_the_logging_mailbox(tenant: Tenant, tmp_path: Path) -> None:
    (tmp_path / "draft.eml").write_bytes(letter(To=None).as_bytes())
    arguments = [str(tmp_path), "--inbox", "--smtp", tenant.smtp, "--logging-mailbox", LOGGING_MAILBOX]
    assert send.main(arguments) == 0
    assert logged(tenant) == ["Fyrirspurn"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (CONTACT, [SALESPERSON])),
        ({"Sender": "secretary@fiskur.example"}, ("secretary@fiskur.example", [SALESPERSON])),
        ({"Return-Path": "<>"}, ("", [SALESPERSON])),
        (
            {"Cc": "a@a.example, b@b.example", "Bcc": "a@a.example"},
            (CONTACT, [SALESPERSON, "a@a.example", "b@b.example"]),
        ),
        ({"From": None, "To": None}, ("", [])),
    ],
)
def test_the_envelope_follows_from_the_headers(headers: dict[str, Any], expected: tuple[str, list[str]]) -> None:
    assert send.envelope(letter(**headers).as_bytes()) == expected


def test_a_recipient_that_no_server_takes_does_not_stop_the_others(tenant: Tenant, tmp_path: Path) -> None:
    lines = ["From: a@fiskur.example", f"To: <@>, not an address, {SALESPERSON}", "Subject: odd", "", "x", ""]
    (tmp_path / "1.eml").write_bytes("\n".join(lines).encode())
    (tmp_path / "2.eml").write_bytes(letter(Subject="Þór", To=f"Þór <þór@{SALESPERSON.partition('@')[2]}>").as_bytes())
    assert send.main([str(tmp_path), "--smtp", tenant.smtp]) == 0
    assert logged(tenant) == ["odd", "Þór"]


def test_send_says_in_plain_words_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in ([str(tmp_path / "no.mbox")], [str(tmp_path)]):
        with pytest.raises(SystemExit):
            send.main(arguments)
    told = capsys.readouterr().err
    assert "not found" in told
    assert "nothing is running here" in told
