"""Requests that nobody thought of, made from the service's own description of itself."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.serving.conftest import Server

pytestmark = pytest.mark.slow


def test_every_answer_is_as_described(server: Server) -> None:
    # Here, since they take as long to import as torch.
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.result import Ok
    from schemathesis.specs.openapi import checks

    checked = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    names = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=25, suppress_health_check=list(HealthCheck))
        def check(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=checked, timeout=30)

        check()
        names.append(operation.path)
    assert {"/v1/predict", "/v1/table", "/v1/table/columns", "/v1/model"} <= {*names}
