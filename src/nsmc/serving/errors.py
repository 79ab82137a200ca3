"""Errors as answers: a status, and one JSON object that says what to do."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from nsmc.messages.translate import language, tr


class ApiError(Exception):
    """An answer that isn't a result: a status of HTTP, a stable code for programs, a message.

    The message is in English, with ``values`` for its fields; it is told in the language of the
    request whose answer it is, and never holds a comment.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        /,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers
        self._message, self._values = message, values

    def body(self) -> dict[str, dict[str, str]]:
        """The object of the answer."""
        return {"error": {"code": self.code, "message": tr(self._message, **self._values)}}

    def response(self) -> JSONResponse:
        """The answer."""
        headers = {
            "content-language": language(),
            "vary": "accept-language",
            **(self.headers or {}),
        }
        return JSONResponse(self.body(), self.status, headers)
