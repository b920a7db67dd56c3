"""The service under requests that Schemathesis makes up from its OpenAPI description."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from service_builders import make_app, make_library

_FEW = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
def test_no_request_makes_the_service_fail(tmp_path):
    app = make_app(make_library(tmp_path), app={"requests_per_minute": 100_000})
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= 13
    statuses = set()
    for operation in operations:

        @_FEW
        @given(case=operation.as_strategy())
        def ask(case):
            reply = case.call()
            case.validate_response(reply, checks=[not_a_server_error])
            assert "Traceback" not in reply.text
            statuses.add(reply.status_code)

        ask()
    assert {200, 400, 404} <= statuses
