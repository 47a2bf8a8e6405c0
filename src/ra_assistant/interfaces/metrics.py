"""Counts for Prometheus: requests, answers, time; never a word of anybody."""

from __future__ import annotations

import ipaddress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.problems import problem
from ra_assistant.types import Answer

ROUTE = "/metrics"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Meter:
    """What is counted since the server started."""

    def __init__(self, desk: Desk) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "ra_requests",
            "Requests by route and status",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "ra_request_seconds", "Time of a request", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self._answers = Counter(
            "ra_answers", "Answers of the interfaces by outcome", ("outcome",), registry=self._registry
        )
        self._answer_seconds = Histogram(
            "ra_answer_seconds", "Time of an answer", buckets=_SECONDS, registry=self._registry
        )
        is_open = Gauge("ra_index_open", "Whether an index is in service", registry=self._registry)
        is_open.set_function(lambda: float(desk.is_open))

    def note(self, scope: Scope, status: int, seconds: float, _: int) -> None:
        """Count a request that has ended."""
        route = scope["route_label"]
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def answered(self, answer: Answer, seconds: float) -> None:
        """Count an answer."""
        self._answers.labels(answer.outcome.value).inc()
        self._answer_seconds.observe(seconds)

    def route(self) -> Route:
        """Return the route of the counts, for programs of this machine only."""

        async def metrics(request: Request) -> Response:
            if not _is_local(request.scope):
                return problem(404, "not_found")
            return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

        return Route(ROUTE, metrics)


def _is_local(scope: Scope) -> bool:
    """Tell whether a program of this machine asks for itself, not a proxy for somebody else."""
    headers = Headers(scope=scope)
    try:
        is_loopback = ipaddress.ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False
    return is_loopback and not any(name in headers for name in _FORWARDED)
