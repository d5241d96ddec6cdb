"""Mail comes in by SMTP, as from any mail client or the internet."""

import asyncio

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from local.tenant.exchange import Exchange

# https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
_MESSAGE_SIZE_LIMIT = 36 * 1024 * 1024


class _Inbound(SMTP):
    """Real mail has lines longer than the 998 characters of RFC 5321; Exchange takes them."""

    line_length_limit = 1024 * 1024


class _Handler:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        raw = envelope.original_content or b""
        # No AUTH does not mean "not authenticated": the exchange's own switch says what it means.
        self._exchange.deliver(raw, envelope.mail_from, envelope.rcpt_tos, session.authenticated or None)
        return "250 2.6.0 Queued mail for delivery"


def connection(exchange: Exchange, loop: asyncio.AbstractEventLoop) -> SMTP:
    """The protocol for one client; any user name and password are welcome."""
    return _Inbound(
        _Handler(exchange),
        hostname="box.localhost",
        ident="Tenant in a box",
        data_size_limit=_MESSAGE_SIZE_LIMIT,
        enable_SMTPUTF8=True,
        auth_require_tls=False,
        authenticator=_welcome,
        loop=loop,
    )


def _welcome(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object) -> AuthResult:
    return AuthResult(success=True, auth_data=login.login if isinstance(login, LoginPassword) else None)
