"""In development: the mails and texts that were received, and answering them as the client would."""

import json
import re
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

SECONDS = 3
LINK = re.compile(r"https?://\S+")
NEWEST = 100


def _ask(method: str, url: str, body: object = None) -> Any:
    """A development server's own interface; None if it doesn't answer."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data=data, method=method, headers={"Content-Type": "application/json"})  # noqa: S310 (configured, not given)
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return json.load(answer)
    except (URLError, OSError, ValueError):
        return None


@never_cache
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Newest first."""
    mails = _ask("GET", f"{settings.DEV_MAILBOX_URL}/mails.json")
    texts = _ask("GET", f"{settings.DEV_SMS_URL}/dev/messages.json")
    context = {
        "mails_up": mails is not None,
        "texts_up": texts is not None,
        "mails": [_mail(mail) for mail in reversed((mails or [])[-NEWEST:])],
        "texts": list(reversed((texts or [])[-NEWEST:])),
    }
    return render(request, "dev/inbox.html", context)


def _mail(mail: dict[str, Any]) -> dict[str, Any]:
    """With its text in pieces, so that the template can make links of links."""
    text, pieces, at = mail["text"], [], 0
    for found in LINK.finditer(text):
        pieces += [(text[at : found.start()], ""), (found.group(), found.group())]
        at = found.end()
    return mail | {"pieces": [*pieces, (text[at:], "")]}


@require_POST
def answer_text(request: HttpRequest) -> HttpResponse:
    """Have the gateway deliver a client's answer to us, as the provider would."""
    body = {
        "from": request.POST.get("from", ""),
        "to": request.POST.get("to", ""),
        "body": request.POST.get("body", "")[:1600],
    }
    if _ask("POST", f"{settings.DEV_SMS_URL}/dev/inbound", body) is None:
        messages.error(request, "The development text gateway doesn't answer.")
    else:
        messages.success(request, "Sent as the client's answer.")
    return redirect("dev_inbox")
