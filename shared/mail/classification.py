"""What a message is by its headers and item class: written by a person, or by a machine; for others' eyes, or not."""

from shared.mail.message import AUTHENTICATED_AS, Kind, Message, Sensitivity

AUTO_SUBMITTED = "auto-submitted"
"""RFC 3834, section 5."""
RETURN_PATH = "return-path"
CONTENT_TYPE = "content-type"
LIST_UNSUBSCRIBE = "list-unsubscribe"
"""RFC 2369."""
LIST_ID = "list-id"
"""RFC 2919."""
PRECEDENCE = "precedence"
SENSITIVITY = "sensitivity"
"""RFC 2156; Exchange has it as a property of the item, too."""
HEADERS = frozenset(
    {
        AUTO_SUBMITTED,
        RETURN_PATH,
        CONTENT_TYPE,
        LIST_UNSUBSCRIBE,
        LIST_ID,
        PRECEDENCE,
        SENSITIVITY,
        AUTHENTICATED_AS,
    }
)
"""The headers that the rules look at. No others are kept, and these only until it is decided."""
_MEETING = "ipm.schedule.meeting.request"
_MEETING_RESPONSE = "ipm.schedule.meeting.resp"
_REPLY_BY_RULE = "ipm.note.rules."
"""Replies by rule have the class of their template, as IPM.Note.Rules.OofTemplate.Microsoft: [MS-OXORULE]."""


def automatic(message: Message, *, parties_known: bool) -> str:
    """Why a message counts as automatic, as a sentence, or "" (docs/rules.md, `automatic`).

    A distribution list must not hide a customer: signs of a list alone do not count when sender and recipient are
    known.
    """
    item_class = message.item_class.lower()
    precedence = message.header(PRECEDENCE).strip()
    signs = {
        "It is a delivery report.": (
            item_class.startswith("report.") or message.header(CONTENT_TYPE).startswith("multipart/report")
        ),
        "It is a response to a meeting request.": item_class.startswith(_MEETING_RESPONSE),
        "It is an automatic reply.": (
            item_class.startswith(_REPLY_BY_RULE)
            or message.header(AUTO_SUBMITTED).split(";")[0].strip() not in ("", "no")
        ),
        "It has no return path, as bounces and automatic replies have.": message.header(RETURN_PATH).strip() == "<>",
        "It is a newsletter: it offers to unsubscribe.": bool(message.header(LIST_UNSUBSCRIBE)),
        "It was sent as bulk mail.": precedence in {"bulk", "junk"},
        "It came through a mailing list.": (
            not parties_known and bool(message.header(LIST_ID) or precedence == "list")
        ),
    }
    return next((reason for reason, found in signs.items() if found), "")


def kind_of(message: Message) -> Kind:
    """How the log calls a message that a person wrote."""
    return Kind.MEETING if message.item_class.lower().startswith(_MEETING) else Kind.MESSAGE


def is_private(message: Message) -> bool:
    """Whether the sender marked it Private or Confidential, in Outlook or by header."""
    marked = message.header(SENSITIVITY).strip() in {"private", "company-confidential"}
    return marked or message.sensitivity in {Sensitivity.PRIVATE, Sensitivity.CONFIDENTIAL}


def is_unauthenticated(message: Message) -> bool:
    """Whether Exchange says that it does not know who sent it."""
    return message.header(AUTHENTICATED_AS).strip() == "anonymous"
