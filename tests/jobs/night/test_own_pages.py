"""The rule by which a request to Dagster's page is its own, asked of itself; real servers: tests/jobs/cli."""

from __future__ import annotations

import pytest

from jobs.night import own_pages


@pytest.mark.parametrize(
    ("method", "path", "has_query", "headers", "is_answered"),
    [
        ("POST", "/graphql", False, {"host": "localhost:3000"}, True),
        ("POST", "/graphql", False, {"host": "localhost:3000", "origin": "http://localhost:3000"}, True),
        ("POST", "/graphql", False, {"host": "localhost:3000", "origin": "http://127.0.0.1:3000"}, False),
        ("POST", "/graphql", False, {"host": "localhost:3000", "origin": "https://localhost:3000"}, False),
        ("POST", "/graphql", False, {"host": "localhost:13000", "origin": "http://localhost:13000"}, True),  # ssh -L
        ("POST", "/graphql", False, {"host": "localhost.example.org:3000"}, False),
        ("POST", "/graphql", False, {"host": "127.0.0.1.example.org"}, False),
        ("POST", "/graphql", False, {}, False),
        ("GET", "/graphql", False, {"host": "localhost"}, True),
        ("GET", "/graphql", True, {"host": "localhost", "sec-fetch-site": "same-origin"}, False),
        ("GET", "/runs", True, {"host": "localhost", "sec-fetch-site": "same-origin"}, True),
        (
            "GET", "/graphql", False,
            {"host": "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate",
             "sec-fetch-dest": "document"},
            False,
        ),
        (
            "GET", "/runs", False,
            {"host": "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate",
             "sec-fetch-dest": "iframe"},
            False,
        ),
    ],
)  # fmt: skip
def test_which_requests_are_answered(method: str, path: str, has_query: bool, headers: dict, is_answered: bool):
    assert (own_pages.refusal(method, path, has_query, headers) is None) is is_answered
