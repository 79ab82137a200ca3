"""The application: what each address answers."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from nsmc._version import __version__
from nsmc.errors import UsageError
from nsmc.inference.classifier import Classifier
from nsmc.inference.products import one_comment
from nsmc.messages.translate import mark
from nsmc.serving.batching import Batcher
from nsmc.serving.errors import ApiError
from nsmc.serving.invalid import invalid, known_query
from nsmc.serving.languages import Languages
from nsmc.serving.metrics import Metrics
from nsmc.serving.middleware import Head, Limits, Observed, Token
from nsmc.serving.page_files import FILES, described
from nsmc.serving.schemas import (
    EXAMPLES,
    LONGEST,
    MOST_TEXTS,
    PREDICTION_EXAMPLE,
    Health,
    ManyTexts,
    ModelAnswer,
    PredictionAnswer,
    PredictionsAnswer,
    PredictRequest,
    error_answers,
)
from nsmc.serving.settings import ServerSettings
from nsmc.serving.tables import table_routes

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' "
    "data:; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
SWITCH = 0.001
"""Seconds between turns of Python's threads: with the usual 5 ms every answer would wait that long
for the scoring thread."""
BAD_JSON = ApiError(
    400, "bad_json", "expected a JSON object, found something that isn't JSON; see /openapi.json"
)
DESCRIPTION = """Labels Korean comments: 긍정 or 부정, with the probability.

Answers of one comment are the objects of `nsmc predict --json`. Every error is
`{"error": {"code", "message"}}`, the message in Korean or English by `Accept-Language`. Every
answer has an `X-Request-ID`: the request's own, if it has
one of letters, digits, `.`, `_` and `-`."""


def create_app(classifier: Classifier[Any], settings: ServerSettings) -> FastAPI:
    """Make the application of one process around a loaded model."""
    metrics = Metrics()

    def score(texts: list[str], options: tuple[bool, float]) -> list[dict[str, Any]]:
        metrics.comments.labels("scored").inc(len(texts))
        # A lone request's comment is scored as fast as can be.
        with one_comment() if len(texts) == 1 else contextlib.nullcontext():
            predictions = _with(classifier, options).predict(texts, verbose=False)
        return [prediction.to_dict() for prediction in predictions]

    def explain(texts: list[str], options: tuple[bool, float]) -> list[dict[str, Any]]:
        metrics.comments.labels("explained").inc(len(texts))
        explanations = _with(classifier, options).explain(texts)
        return [explanation.to_dict() for explanation in explanations]

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(SWITCH)
        make = partial(
            Batcher[dict[str, Any], tuple[bool, float]],
            window=settings.window,
            deadline=settings.deadline,
            on_batch=metrics.batches.observe,
        )
        app.state.scoring = make(score, limit=settings.waiting, batch=settings.batch)
        app.state.explaining = make(explain, limit=settings.waiting_explanations, batch=1)
        batchers = (app.state.scoring, app.state.explaining)
        tasks = [asyncio.create_task(batcher.run()) for batcher in batchers]
        app.state.ready = True
        yield
        for task in tasks:
            task.cancel()
        for batcher in batchers:
            batcher.close()

    app = FastAPI(
        title="nsmc",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.ready = False
    app.add_middleware(Limits, settings=settings)
    if settings.token is not None:
        app.add_middleware(Token, token=settings.token)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-request-id"],
            expose_headers=["x-request-id", "retry-after"],
        )
    app.add_middleware(Head)
    app.add_middleware(Observed, metrics=metrics)
    app.add_middleware(Languages)
    app.exception_handler(ApiError)(_api_error)
    app.exception_handler(UsageError)(_usage_error)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http_error)

    @app.post(
        "/v1/predict",
        response_model=None,
        dependencies=[Depends(known_query), Depends(_is_json)],
        responses={
            200: {
                "model": PredictionAnswer | PredictionsAnswer,
                "content": {"application/json": {"example": PREDICTION_EXAMPLE}},
            },
            **error_answers(400, 401, 408, 413, 415, 422, 503, 504),
        },
    )
    async def predict(
        body: Annotated[PredictRequest, Body(openapi_examples=EXAMPLES)],
    ) -> Response:
        """Label one comment, or each of several; with `explain`, say why.

        Requests that arrive together are scored together; an answer differs from the one alone by
        1e-6 at most.
        """
        texts = body.texts if isinstance(body, ManyTexts) else [body.text]
        options = (body.exact, body.undecided_below)
        _ = _with(classifier, options)  # its refusal is a 422
        answers: list[dict[str, Any]] = []
        if body.explain:
            for text in texts:  # one by one, so that a deadline can end a long request in between
                answers += await app.state.explaining.submit([text], options)
        else:
            metrics.waiting.set(app.state.scoring.waiting)
            answers = await app.state.scoring.submit(texts, options)
        return JSONResponse({"predictions": answers} if isinstance(body, ManyTexts) else answers[0])

    app.include_router(table_routes(classifier, settings, metrics))

    @app.get("/v1/model", responses=error_answers(401))
    async def model() -> ModelAnswer:
        """Which model answers, and what a request may hold."""
        return _model(classifier, settings)

    @app.get("/healthz")
    async def healthz() -> Health:
        """The process works."""
        return Health(status="ok")

    @app.get("/readyz", responses={503: {"model": Health}})
    async def readyz() -> Response:
        """The process takes requests: 503 while it starts or stops."""
        ready = app.state.ready
        status = "ready" if ready else "stopping"
        return JSONResponse({"status": status}, 200 if ready else 503)

    @app.get("/metrics", response_class=Response, responses=error_answers(401))
    async def prometheus() -> Response:
        """Numbers for Prometheus, of all worker processes together."""
        metrics.waiting.set(app.state.scoring.waiting)
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    def page_file(path: str, file: Path) -> None:
        @app.get(path, include_in_schema=False)
        async def page() -> FileResponse:
            headers = {"content-security-policy": CSP, "cache-control": "no-cache"}
            return FileResponse(file, headers=headers)

    for name, file in FILES.items():
        page_file("/" if name == "index.html" else f"/{name}", file)
    return app


def _with(classifier: Classifier[Any], options: tuple[bool, float]) -> Classifier[Any]:
    """The classifier with a request's options: exact, and undecided_below.

    Raises:
        UsageError: the model's task has no undecided.
    """
    exact, undecided_below = options
    if not exact and not undecided_below:
        return classifier
    return classifier.with_options(exact=exact or None, undecided_below=undecided_below or None)


def _model(classifier: Classifier[Any], settings: ServerSettings) -> ModelAnswer:
    limits = {
        "texts": MOST_TEXTS,
        "characters": LONGEST,
        "body_bytes": settings.body_bytes,
        "table_bytes": settings.table_bytes,
        "deadline_seconds": settings.deadline,
    }
    return ModelAnswer(**described(classifier), limits=limits)


def _is_json(request: Request) -> None:
    """Refuse a body of another type: a page of elsewhere can send those without asking."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(
            415,
            "not_json",
            "expected the header Content-Type: application/json and a JSON object as body; with "
            "curl add -H 'content-type: application/json'",
        )


async def _api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _usage_error(request: Request, error: Exception) -> Response:
    return ApiError(422, "invalid", str(error)).response()


async def _invalid(request: Request, error: Exception) -> Response:
    """Say what is wrong with a request, without the values it holds."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return (BAD_JSON if first["type"] == "json_invalid" else invalid(first)).response()


async def _http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses, in the form of all errors."""
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        return BAD_JSON.response()
    code = {404: "not_found", 405: "wrong_method"}.get(error.status_code, "error")
    message = {
        404: mark("nothing is at this address; /openapi.json lists what there is"),
        405: mark("this address doesn't take this method; the header Allow has those it takes"),
    }.get(error.status_code, str(error.detail))
    return ApiError(error.status_code, code, message, error.headers).response()
