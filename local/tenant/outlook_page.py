"""Outlook on the web, as far as a webLink needs it: one page that shows a mail, or says that it is gone."""

from collections.abc import Iterable
from html import escape
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from local.tenant import body
from local.tenant.addresses import EmailAddress
from local.tenant.exchange import Exchange
from local.tenant.mailbox import Item

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - Outlook</title>
<style>
body {{ font: 15px/1.5 "Segoe UI", system-ui, sans-serif; margin: 0; background: #f3f2f1; color: #242424 }}
header {{ background: #0f6cbd; color: #fff; padding: .7rem 1.5rem }}
main {{ background: #fff; max-width: 56rem; margin: 1.5rem auto; padding: 1.5rem 2rem; border-radius: 6px }}
dt {{ float: left; clear: left; width: 7rem; color: #616161 }} dd {{ margin: 0 0 .2rem 7rem }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border-top: 1px solid #ddd; padding-top: 1rem }}
</style></head><body><header>Outlook</header><main>{content}</main></body></html>
"""
_GONE = "<h1>Something went wrong</h1><p>This message might have been moved or deleted.</p>"
# The page shows other people's text: nothing in it may run or load.
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-store"}


class OutlookPage:
    """Opens default ids as they are now. Immutable ids and outdated ones do not open: msgraph-sdk-go issue 795."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def read(self, request: Request) -> Response:
        wanted = request.query_params.get("ItemID", "")
        found = self._exchange.find(wanted)
        if found is None or found[1].id != wanted:
            return HTMLResponse(_PAGE.format(title="Not found", content=_GONE), HTTPStatus.NOT_FOUND, _HEADERS)
        mailbox, item = found
        content = f"<h1>{escape(item.subject) or '(No subject)'}</h1><dl>{_facts(mailbox.address, item)}</dl>"
        content += f"<pre>{escape(body.body(item.mail.raw, prefer_text=True).content)}</pre>"
        return HTMLResponse(_PAGE.format(title=escape(item.subject), content=content), headers=_HEADERS)


def _facts(mailbox: str, item: Item) -> str:
    files = ", ".join(attachment.name for attachment in body.attachments(item.mail.raw))
    facts = {
        "From": _names([item.mail.from_] if item.mail.from_ else []),
        "To": _names(item.mail.to),
        "Cc": _names(item.mail.cc),
        "Sent": f"{item.sent_at:%A %d %B %Y %H:%M} UTC",
        "Attachments": files,
        "Folder": f"{item.folder.display_name} in {mailbox}",
    }
    return "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items() if value)


def _names(parties: Iterable[EmailAddress]) -> str:
    return "; ".join(
        party.address if party.name == party.address else f"{party.name} <{party.address}>" for party in parties
    )
