"""The REST service and its page: `citebound serve`. The one door of FastAPI.

Thin: it checks, crosses to a thread, calls `Collection`, and writes down what came back. Neither questions nor
documents are logged.

``python -m citebound.api.service --openapi`` prints what api/openapi.json holds.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Any

import anyio
import uvicorn
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from citebound import __version__
from citebound import config as settings
from citebound.answer.ask import Done, Event, EvidenceFound, Token
from citebound.answer.chat.chat import ChatEvent, Turn
from citebound.answer.chat.rewrite import Rewritten
from citebound.answer.receipts.receipts import StoredReceipt
from citebound.answer.scoring import scorer_file
from citebound.answer.scoring.scorer import Scorer
from citebound.api import page, problems
from citebound.api.chats import (
    ChatName,
    ChatRemoved,
    ChatRequest,
    ChatResponse,
    Chats,
    ChatsRequest,
    ChatsResponse,
    TurnRequest,
    TurnResponse,
    turn_response,
)
from citebound.api.feedback import FeedbackItemsRequest, FeedbackRequest, FeedbackResponse
from citebound.api.line import Line, Threads, ending
from citebound.api.problems import Fault
from citebound.api.ready import Inspector
from citebound.api.shapes import (
    Alive,
    AmendmentsRequest,
    AmendmentsResponse,
    AnswerResponse,
    AskRequest,
    CollectionName,
    Collections,
    DocumentsRequest,
    DocumentsResponse,
    FindingsRequest,
    FindingsResponse,
    PlaceScores,
    Problem,
    Readiness,
    ReceiptsRequest,
    ReceiptsResponse,
    ReplayRequest,
    ReplayResponse,
    RetestRequest,
    RetestResponse,
    ScoreRequest,
    Scorers,
    SearchRequest,
    SearchResponse,
    TextScores,
    TextsRequest,
    answer_response,
    findings_response,
    passage_response,
    replay_response,
    retest_response,
    scorer_name,
    search_response,
)
from citebound.api.shelf import Opener, Shelf
from citebound.api.wall import Wall, is_loopback
from citebound.config import Config
from citebound.errors import CiteboundError
from citebound.indexes.feedback import Feedback
from citebound.protocols import Embedder

SEARCHES, SEARCHES_WAITING = 4, 32
ANSWERS, ANSWERS_WAITING = 4, 16
SCORINGS, SCORINGS_WAITING = 1, 8
SPARE_THREADS = 2
STOP_SECONDS = 20
SEND_SECONDS = 30
HEADER_LIMIT = 16 * 1024
CONNECTIONS = 256
PLACES = 2000
"""Sections, chunks or documents that one request may have scored: each is embedded anew."""

REFERENCE = "#/components/schemas/Problem"
STREAM = """Server-sent events, each with JSON as data:

- `evidence`: `{"passages": [...]}`, the passages that the answer will be made from;
- `token`: `{"text": "..."}`, a piece of the model's draft, not verified;
- `verdict`: the answer after the evidence gate, as in the JSON response; it replaces the draft and is the last event;
- `error`: a problem, instead of `verdict`."""
TURN_STREAM = """As for a question, with two differences:

- `rewrite`: `{"question": "...", "because": [...]}`, how the question was read, is the first event;
- `verdict` is the turn as in the JSON response, stored before it is sent."""

UNFORESEEN = Fault(500, "internal-error", "the service failed; its log names this request")

log = logging.getLogger(__name__)


def create_app(
    config: Config,
    opener: Opener | None = None,
    *,
    needs: Sequence[str] | None = None,
    host: str = "127.0.0.1",
    encoder: Embedder | None = None,
) -> Wall:
    """The application. `opener` replaces `Collection.open`, and `encoder` the configured one; `needs` names the models
    that /readyz asks for.

    `host` is the address that is listened on: requests that name another host are refused.
    """
    return Wall(_framework(Service(config, opener, needs, encoder)), host)


def _framework(service: Service) -> FastAPI:
    app = FastAPI(
        title="Citebound",
        version=__version__,
        summary="Answers about documents, each sentence bound to the exact place that proves it.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=service.lifespan,
    )
    _add_routes(app, service)
    _add_pages(app)
    _add_errors(app)
    return app


def run(config: Config, host: str = "127.0.0.1", port: int = 8642) -> None:
    """Serve until interrupted. Listens on loopback unless told otherwise, and warns when told otherwise."""
    if not is_loopback(host):
        sys.stderr.write(
            f"warning: {host} is open to your network, and the service asks for no password: whoever reaches it can "
            "read every collection. Use 127.0.0.1, or put a proxy with authentication in front.\n"
        )
    server(create_app(config, host=host), host, port).run()


def server(app: Wall, host: str, port: int) -> uvicorn.Server:
    """The server around an application: no access log, no trust in forwarded headers, bounded in every direction."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http="h11",
            ws="none",
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            h11_max_incomplete_event_size=HEADER_LIMIT,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )


def openapi_text() -> str:
    """The OpenAPI document as api/openapi.json holds it."""
    return json.dumps(_framework(Service(settings.load())).openapi(), indent=1, ensure_ascii=False) + "\n"


class Service:
    """What the routes share: the collections, the threads and the lines of those who wait."""

    def __init__(
        self,
        config: Config,
        opener: Opener | None = None,
        needs: Sequence[str] | None = None,
        encoder: Embedder | None = None,
    ) -> None:
        if needs is None:
            needs = [config.encoder] if config.base_url else [config.encoder, config.generator]
        self._config = config
        self._shelf = Shelf(config, opener, encoder)
        self._inspector = Inspector(config, self._shelf, needs)
        self._threads = Threads(SEARCHES + ANSWERS + SCORINGS + SPARE_THREADS)
        self._searches = Line(SEARCHES, SEARCHES_WAITING)
        self._answers = Line(ANSWERS, ANSWERS_WAITING)
        self._scorings = Line(SCORINGS, SCORINGS_WAITING)
        self._warm = opener is None
        self.chats = Chats(self._shelf, self._threads, self._searches, self._answers)

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        if self._warm:
            self._threads.start(self._shelf.warm)
        yield
        self._threads.close()
        self._shelf.close()

    async def collections(self) -> Collections:
        found = await self._threads.run(self._shelf.names)
        return Collections(collections=[CollectionName(name=name) for name in found])

    async def readiness(self) -> Readiness:
        return await self._threads.run(self._inspector.look)

    async def search(self, name: str, asked: SearchRequest) -> SearchResponse:
        async with self._searches.turn():
            hits = await self._threads.run(
                lambda: self._shelf.get(name).search(asked.question, asked.k, asked.tree(), adapter=asked.adapter)
            )
        return search_response(hits)

    async def documents(self, name: str, asked: DocumentsRequest) -> DocumentsResponse:
        def look() -> DocumentsResponse:
            collection, tree = self._shelf.get(name), asked.tree()
            found = collection.overview(tree)
            shown = list(found[asked.skip : asked.skip + asked.k])
            return DocumentsResponse(documents=shown, total=len(found), notes=list(collection.language_notes(tree)))

        async with self._searches.turn():
            return await self._threads.run(look)

    async def findings(self, name: str, asked: FindingsRequest) -> FindingsResponse:
        def look() -> FindingsResponse:
            found = self._shelf.get(name).findings(
                asked.severity, asked.status, document=asked.document, filters=asked.tree()
            )
            return findings_response(found, asked)

        async with self._searches.turn():
            return await self._threads.run(look)

    async def amendments(self, name: str, asked: AmendmentsRequest) -> AmendmentsResponse:
        async with self._searches.turn():
            found = await self._threads.run(lambda: self._shelf.get(name).amendments(asked.tree()))
        return AmendmentsResponse(amendments=list(found[asked.skip : asked.skip + asked.k]), total=len(found))

    async def retest(self, name: str, asked: RetestRequest) -> RetestResponse:
        async with self._searches.turn():
            compared = await self._threads.run(lambda: self._shelf.get(name).compare_findings(asked.old, asked.new))
        return retest_response(compared)

    async def feedback(self, name: str, asked: FeedbackRequest) -> Feedback:
        def give() -> Feedback:
            return self._shelf.get(name).feedback(
                asked.receipt,
                asked.verdict,
                document=asked.document,
                quote=asked.quote,
                answer=asked.answer,
                comment=asked.comment,
            )

        async with self._searches.turn():
            return await self._threads.run(give)

    async def feedback_items(self, name: str, asked: FeedbackItemsRequest) -> FeedbackResponse:
        async with self._searches.turn():
            found = await self._threads.run(lambda: self._shelf.get(name).feedback_items())
        return FeedbackResponse(items=list(found[asked.skip : asked.skip + asked.k]))

    async def receipts(self, name: str, asked: ReceiptsRequest) -> ReceiptsResponse:
        async with self._searches.turn():
            found = await self._threads.run(lambda: self._shelf.get(name).receipts(asked.k, asked.skip))
        return ReceiptsResponse(receipts=found)

    async def receipt(self, name: str, receipt: str) -> StoredReceipt:
        async with self._searches.turn():
            return await self._threads.run(lambda: self._shelf.get(name).receipt(receipt))

    async def replay(self, name: str, receipt: str) -> ReplayResponse:
        async with self._searches.turn():
            found = await self._threads.run(lambda: self._shelf.get(name).replay(receipt))
        return replay_response(found)

    async def scorers(self) -> Scorers:
        home = self._config.home
        found = await self._threads.run(lambda: [scorer_file.read_facts(home, n) for n in scorer_file.names(home)])
        return Scorers(scorers=[scorer_name(facts) for facts in found])

    async def score_texts(self, name: str, asked: TextsRequest) -> TextScores:
        def score() -> TextScores:
            scorer = Scorer.load(name, config=self._config, embedder=self._shelf.encoder())
            return TextScores(scores=scorer.predict(asked.texts))

        async with self._scorings.turn():
            return await self._threads.run(score)

    async def score_places(self, name: str, asked: ScoreRequest) -> PlaceScores:
        def score() -> PlaceScores:
            found = self._shelf.get(name).score(
                asked.scorer, asked.unit, asked.document, label=asked.label, most=PLACES
            )
            return PlaceScores(places=found[: asked.k], total=len(found))

        async with self._scorings.turn():
            return await self._threads.run(score)

    async def ask(self, name: str, asked: AskRequest, request: Request) -> AnswerResponse:
        """The answer in one piece. The generation ends with the connection of the one who asked."""
        done = await ending(await self._begin(name, asked), Done, request.is_disconnected)
        return answer_response(done.answer)

    async def ask_aloud(self, name: str, asked: AskRequest, request: Request) -> EventSourceResponse:
        """The answer as server-sent events. What is wrong with the request itself is raised before the first."""
        return _aloud(await self._begin(name, asked), request)

    async def _begin(self, name: str, asked: AskRequest) -> AsyncGenerator[Event, None]:
        line = self._answers if asked.llm else self._searches
        return await self._threads.walk_in_line(line, self._shelf.stream, name, asked.question, asked.tree(), asked.llm)


def _add_routes(app: FastAPI, service: Service) -> None:
    @app.get("/v1/collections", tags=["questions"], summary="Names of the collections")
    async def collections() -> Collections:
        return await service.collections()

    for routes in (_questions, _structure, _receipts, _chats):
        app.include_router(routes(service))

    @app.get("/v1/scorers", tags=["scorers"], summary="The scorers, and how good they are")
    async def scorers() -> Scorers:
        """Scorers are trained on the command line: `citebound scorer train LABELS.csv`."""
        return await service.scorers()

    app.include_router(_scorers(service))

    @app.get("/livez", tags=["health"], summary="Is the process alive?")
    async def livez() -> Alive:
        return Alive()

    @app.get(
        "/readyz",
        tags=["health"],
        summary="Can questions be answered?",
        responses={
            503: {"model": Readiness, "description": "Something is missing; `parts` says what, and what to do."}
        },
    )
    async def readyz(response: Response) -> Readiness:
        """Whether the model files are here, each store opens and each published index is what was published."""
        found = await service.readiness()
        response.status_code = 200 if found.ready else 503
        return found


def _router(tag: str, prefix: str = "/v1/collections/{name}") -> APIRouter:
    """Routes that take a body or a query, and say what was wrong with it."""
    return APIRouter(prefix=prefix, tags=[tag], responses=_problems(404, 413, 415, 422, 503))


def _questions(service: Service) -> APIRouter:
    route = _router("questions")

    @route.post("/search", summary="Find passages")
    async def search(name: str, asked: SearchRequest) -> SearchResponse:
        """At most `k` passages, by meaning and by words, best first; `why` names the stages that found each."""
        return await service.search(name, asked)

    @route.post(
        "/ask",
        summary="Ask a question",
        response_model=AnswerResponse,
        responses={
            200: {
                "description": "The answer: JSON, or on request server-sent events.",
                "content": {"text/event-stream": {"schema": {"type": "string", "description": STREAM}}},
            },
            **_problems(504),
        },
    )
    async def ask(name: str, asked: AskRequest, request: Request) -> Any:
        """An answer in which every sentence is bound to a quote, or `not_found` with the nearest passages.

        With `Accept: text/event-stream` or `"stream": true` the answer comes as events while it is made.
        """
        if asked.stream or _wants_events(request):
            return await service.ask_aloud(name, asked, request)
        return await service.ask(name, asked, request)

    return route


def _structure(service: Service) -> APIRouter:
    route = _router("structure")

    @route.get("/documents", summary="Documents and their fields")
    async def documents(name: str, asked: Annotated[DocumentsRequest, Query()]) -> DocumentsResponse:
        """Each document with its kind and what was read off it; a fact with a `note` is doubtful."""
        return await service.documents(name, asked)

    @route.get("/findings", summary="Findings")
    async def findings(name: str, asked: Annotated[FindingsRequest, Query()]) -> FindingsResponse:
        """The findings of the security reports, worst first; `also_in` names the other reports that have it."""
        return await service.findings(name, asked)

    @route.get("/amendments", summary="Amendments")
    async def amendments(name: str, asked: Annotated[AmendmentsRequest, Query()]) -> AmendmentsResponse:
        """What amendments change, newest first, each linked with the clause and the document that it changes."""
        return await service.amendments(name, asked)

    @route.get("/retest", summary="Compare two reports")
    async def retest(name: str, asked: Annotated[RetestRequest, Query()]) -> RetestResponse:
        """What became of the findings of one report in a later one of the same client."""
        return await service.retest(name, asked)

    return route


def _receipts(service: Service) -> APIRouter:
    route = _router("receipts")

    @route.post("/feedback", summary="Judge an answer")
    async def feedback(name: str, asked: FeedbackRequest) -> Feedback:
        """Right, wrong, or not in the documents, by the answer's receipt. A quote is checked; the last word counts."""
        return await service.feedback(name, asked)

    @route.get("/feedback", summary="Judged answers")
    async def feedback_items(name: str, asked: Annotated[FeedbackItemsRequest, Query()]) -> FeedbackResponse:
        """What was said of answers, oldest first."""
        return await service.feedback_items(name, asked)

    @route.get("/receipts", summary="Receipts")
    async def receipts(name: str, asked: Annotated[ReceiptsRequest, Query()]) -> ReceiptsResponse:
        """What was asked and answered, newest first, each an entry of a chain in which no change goes unseen."""
        return await service.receipts(name, asked)

    @route.get("/receipts/{receipt}", summary="One receipt")
    async def receipt(name: str, receipt: str) -> StoredReceipt:
        """By its id, its beginning or `last`: evidence with hashes and scores, drafts, decisions of the gate, means."""
        return await service.receipt(name, receipt)

    @route.post(
        "/receipts/{receipt}/replay",
        summary="Repeat a retrieval",
        responses=_problems(410),
    )
    async def replay(name: str, receipt: str, asked: ReplayRequest) -> ReplayResponse:
        """The same question, filter and stages again, the stored drafts in the place of the model; nothing is stored.

        410 where the question was forgotten with a document.
        """
        return await service.replay(name, receipt)

    return route


def _chats(service: Service) -> APIRouter:
    route, chats = _router("chats"), service.chats

    @route.post("/chats", summary="Begin a chat")
    async def begin(name: str, asked: ChatRequest) -> ChatName:
        """Its turns go on from each other: what a question leaves out is taken from the turns before, and shown."""
        return await chats.begin(name, asked)

    @route.get("/chats", summary="Chats")
    async def listing(name: str, asked: Annotated[ChatsRequest, Query()]) -> ChatsResponse:
        """The stored chats, the one that was used last first."""
        return await chats.listing(name, asked)

    @route.get("/chats/{chat}", summary="One chat")
    async def show(name: str, chat: str) -> ChatResponse:
        """All turns of a chat, by its id, the beginning of it, or `last`."""
        return await chats.show(name, chat)

    @route.post(
        "/chats/{chat}/turns",
        summary="Ask the next question",
        response_model=TurnResponse,
        responses={
            200: {
                "description": "The turn: JSON, or on request server-sent events.",
                "content": {"text/event-stream": {"schema": {"type": "string", "description": TURN_STREAM}}},
            },
            **_problems(504),
        },
    )
    async def turn(name: str, chat: str, asked: TurnRequest, request: Request) -> Any:
        """The question, rewritten to stand alone, and its answer through the same gate as any other. A question that
        points to nothing ("and that one?") ends as `refused`."""
        if asked.stream or _wants_events(request):
            return _aloud(await chats.events(name, chat, asked), request)
        return await chats.turn(name, chat, asked, request.is_disconnected)

    @route.get(
        "/chats/{chat}/markdown",
        summary="A chat as Markdown",
        response_class=Response,
        responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}},
    )
    async def export(name: str, chat: str) -> Response:
        """The whole chat with its exhibits, as a file; what documents say is escaped in it."""
        headers = {"Content-Disposition": "attachment; filename=chat.md"}
        return Response(await chats.export(name, chat), media_type="text/markdown; charset=utf-8", headers=headers)

    @route.delete("/chats/{chat}", summary="Forget a chat")
    async def forget(name: str, chat: str) -> ChatRemoved:
        """Deletes its turns, and what the receipts of its answers hold, from every file."""
        return await chats.forget(name, chat)

    return route


def _scorers(service: Service) -> APIRouter:
    route = _router("scorers", "/v1")

    @route.post("/scorers/{name}/score", summary="Score texts")
    async def score_texts(name: str, asked: TextsRequest) -> TextScores:
        """The most probable label of each text, with the probability of every label."""
        return await service.score_texts(name, asked)

    @route.post("/collections/{name}/score", summary="Score a collection")
    async def score_places(name: str, asked: ScoreRequest) -> PlaceScores:
        """Sections, chunks or documents with their labels and exact places; at most 2000 in one request."""
        return await service.score_places(name, asked)

    return route


def _add_pages(app: FastAPI) -> None:
    pages = {"/": page.Page.load("page.html"), "/docs": page.Page.load("docs.html")}
    for path, shown in pages.items():
        app.add_api_route(path, _shower(shown), include_in_schema=False, response_class=HTMLResponse)

    @app.get("/icon.svg", include_in_schema=False)
    async def icon() -> Response:
        return Response(page.text("icon.svg"), media_type="image/svg+xml")


def _shower(shown: page.Page) -> Any:
    async def show() -> HTMLResponse:
        return HTMLResponse(shown.html, headers={"Content-Security-Policy": shown.policy})

    return show


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(CiteboundError)
    async def ours(request: Request, error: CiteboundError) -> JSONResponse:
        fault = problems.of_error(error)
        if fault.status == 500:
            log.error("request %s: %s", request.state.request_id, type(error).__name__)
        return _problem(request, fault)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _problem(request, problems.of_validation(error.errors()))

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> JSONResponse:
        return _problem(request, problems.of_status(error.status_code), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> JSONResponse:
        log.error("request %s: %s", request.state.request_id, type(error).__name__)
        return _problem(request, UNFORESEEN)

    made: dict[str, Any] = {}
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(describe())
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = made["components"]["schemas"]
            schemas.update(schema.pop("$defs"))
            schemas["Problem"] = schema
        return made

    app.openapi = openapi  # type: ignore[method-assign]


def _problem(request: Request, fault: Fault, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        fault.body(request.state.request_id),
        fault.status,
        {**fault.headers, **(headers or {})},
        media_type=problems.MEDIA_TYPE,
    )


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": REFERENCE}}}
    return {s: {"description": problems.of_status(s).detail, "content": content} for s in statuses}


def _wants_events(request: Request) -> bool:
    kinds = [kind.partition(";")[0].strip().lower() for kind in request.headers.get("accept", "").split(",")]
    return "text/event-stream" in kinds


def _aloud(events: AsyncGenerator[Event | ChatEvent, None], request: Request) -> EventSourceResponse:
    stopping = anyio.Event()
    return EventSourceResponse(
        _told(events, stopping, request.state.request_id),
        sep="\n",
        send_timeout=SEND_SECONDS,
        shutdown_event=stopping,
        shutdown_grace_period=STOP_SECONDS / 2,
    )


async def _told(
    events: AsyncGenerator[Event | ChatEvent, None], stopping: anyio.Event, request_id: str
) -> AsyncGenerator[ServerSentEvent, None]:
    try:
        async with aclosing(events):
            async for event in events:
                yield _event(event)
                if stopping.is_set() and not isinstance(event, Done | Turn):
                    yield _error(
                        Fault(503, "stopping", "the service is stopping", "Ask again when it is back."), request_id
                    )
                    return
    except CiteboundError as error:
        yield _error(problems.of_error(error), request_id)
    except Exception as error:
        log.exception("request %s: %s", request_id, type(error).__name__)
        yield _error(UNFORESEEN, request_id)


def _event(event: Event | ChatEvent) -> ServerSentEvent:
    match event:
        case Rewritten(question, because):
            return _sent("rewrite", {"question": question, "because": list(because)})
        case Turn():
            return _sent("verdict", turn_response(event).model_dump(mode="json"))
        case EvidenceFound(passages):
            found = [passage_response(p).model_dump(mode="json") for p in passages]
            return _sent("evidence", {"passages": found})
        case Token(text):
            return _sent("token", {"text": text})
        case Done(answer):
            return _sent("verdict", answer_response(answer).model_dump(mode="json"))


def _error(fault: Fault, request_id: str) -> ServerSentEvent:
    return _sent("error", fault.body(request_id))


def _sent(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data), event=name, sep="\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["--openapi"]:
        sys.exit("usage: python -m citebound.api.service --openapi > api/openapi.json")
    sys.stdout.write(openapi_text())
