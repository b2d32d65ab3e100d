"""In development: the mails and texts that were received, and answering them as the client would."""

import datetime as dt
import json
import re
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
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
TAKEN = range(200, 300)


def _ask(method: str, url: str, body: object = None) -> Any:
    """A development server's own interface: its answer, also a refusal's; None without one."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    try:
        request = Request(url, data=data, method=method, headers=headers)  # noqa: S310 (configured, not given)
        with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return json.load(answer)
    except HTTPError as refusal:
        with refusal:
            return {"status": refusal.code}
    except (OSError, HTTPException, ValueError):
        return None


@never_cache
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Newest first."""
    mails = _received(f"{settings.DEV_MAILBOX_URL}/mails.json")
    texts = _received(f"{settings.DEV_SMS_URL}/dev/messages.json")
    context = {
        "mails_up": mails is not None,
        "texts_up": texts is not None,
        "mails": [_mail(mail) for mail in mails or []],
        "texts": [_at(text) for text in texts or []],
    }
    return render(request, "dev/inbox.html", context)


def _received(url: str) -> list[dict[str, Any]] | None:
    """What a server received, newest first; None where it isn't running."""
    found = _ask("GET", url)
    return found[: -NEWEST - 1 : -1] if isinstance(found, list) else None


def _mail(mail: dict[str, Any]) -> dict[str, Any]:
    """With its text in pieces, so that the template can make links of links."""
    text, pieces, at = mail["text"], [], 0
    for found in LINK.finditer(text):
        pieces += [(text[at : found.start()], ""), (found.group(), found.group())]
        at = found.end()
    return _at(mail) | {"pieces": [*pieces, (text[at:], "")]}


def _at(received: dict[str, Any]) -> dict[str, Any]:
    """With the moment when it came, rather than its text form."""
    return received | {"at": dt.datetime.fromisoformat(received["received_at"])}


@require_POST
def answer_text(request: HttpRequest) -> HttpResponse:
    """Have the gateway deliver a client's answer to us, as the provider would."""
    body = {
        "from": request.POST.get("from", ""),
        "to": request.POST.get("to", ""),
        "body": request.POST.get("body", "")[:1600],
    }
    answer = _ask("POST", f"{settings.DEV_SMS_URL}/dev/inbound", body)
    if answer is None:
        messages.error(request, "The text gateway is not running.")
    elif answer.get("status") not in TAKEN:
        messages.error(request, f"The text was not taken ({answer.get('status')}).")
    else:
        messages.success(request, "Sent as the client's answer.")
    return redirect("dev_inbox")
