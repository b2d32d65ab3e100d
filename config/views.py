"""Is the process alive, is it ready, does the engine turn? For machines, without sign-in."""

import dataclasses

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.http import require_safe

from common.api.problems import json_404, json_500
from common.cache import list_lengths, redis_answers
from config.celery import app
from messaging.queries import engine_health


def _answer(body: dict[str, object], *, well: bool) -> JsonResponse:
    return JsonResponse(body, status=200 if well else 503, headers={"Cache-Control": "no-store"})


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return _answer({"status": "up"}, well=True)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "up"


def _redis() -> str:
    return "up" if redis_answers() else "down"


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Requests can be served: the database answers. Redis is told, but nothing in a request needs it."""
    database = _database()
    return _answer({"database": database, "redis": _redis()}, well=database == "up")


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Reminders are going out: 503 when the engine is silent or late, or Redis or the database down."""
    waiting = list_lengths(queue.name for queue in app.conf.task_queues)
    broker: dict[str, object] = {
        "redis": "down" if waiting is None else "up",
        "queues": waiting,
    }
    try:
        health = engine_health()
    except DatabaseError:
        return _answer({"status": "silent", "database": "down"} | broker, well=False)
    return _answer(
        dataclasses.asdict(health) | broker, well=health.well and broker["redis"] == "up"
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for programs in their form, for people in theirs."""
    if request.path.startswith(("/api/", "/webhooks/")):
        return json_404(request, exception)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for programs in their form, for people in theirs."""
    if request.path.startswith(("/api/", "/webhooks/")):
        return json_500(request)
    return defaults.server_error(request)
