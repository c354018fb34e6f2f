import io
import json
from datetime import timedelta

import jsonschema
import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from drf_spectacular.validation import validate_schema
from knox.models import AuthToken

from api.tokens import MAX_TOKENS
from config.api_urls import urlpatterns
from grading.services.run import run_grade
from interview.services.answers import submit_answer
from interview.services.sessions import start_session
from interview.services.submissions import Submission, submit_from_program
from questions.models import Question
from tests import factories
from tests.conftest import user_in
from tests.rest import CLUELESS, Api, CandidateApi, problem

pytestmark = pytest.mark.django_db

TOKENS, CURRENT = "/api/v1/tokens/", "/api/v1/tokens/current/"
QUESTIONS, SUBMISSIONS = "/api/v1/questions/", "/api/v1/submissions/"
PASSWORD = "correct horse battery"


# Tokens -------------------------------------------------------------------------------------------


def ask_for_token(client: Client, username: str = "candidate", password: str = PASSWORD):
    return client.post(
        TOKENS, {"username": username, "password": password}, content_type="application/json"
    )


def with_token(token: str) -> Client:
    return Client(headers={"Authorization": f"Token {token}"})


def test_a_name_and_password_buy_a_token_that_expires(candidate):
    response = ask_for_token(Api())

    assert response.status_code == 201
    assert response.json()["token"].startswith("tst_")
    assert (
        timedelta(hours=9) < AuthToken.objects.get().expiry - timezone.now() <= timedelta(hours=10)
    )
    assert with_token(response.json()["token"]).get(QUESTIONS).status_code == 200


def test_the_database_holds_no_usable_token(candidate):
    token = ask_for_token(Api()).json()["token"]

    row = AuthToken.objects.values().get()

    assert token not in str(row)
    assert with_token(row["digest"]).get(QUESTIONS).status_code == 401


def test_a_token_logged_out_is_useless_and_the_others_are_not(candidate):
    first, second = (ask_for_token(Api()).json()["token"] for _ in range(2))

    assert with_token(first).delete(CURRENT).status_code == 204

    assert with_token(first).get(QUESTIONS).status_code == 401
    assert with_token(second).get(QUESTIONS).status_code == 200


def test_an_expired_token_is_useless(candidate):
    token = ask_for_token(Api()).json()["token"]
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))

    assert with_token(token).get(QUESTIONS).status_code == 401


def test_a_token_dies_with_its_account(candidate):
    token = ask_for_token(Api()).json()["token"]
    User.objects.update(is_active=False)

    assert with_token(token).get(QUESTIONS).status_code == 401


def test_tokens_die_with_the_password_that_bought_them(candidate):
    token = ask_for_token(Api()).json()["token"]
    other = AuthToken.objects.create(user=user_in("candidate", "other"))[0]
    candidate.set_password("another battery, stapled")
    candidate.save()

    assert with_token(token).get(QUESTIONS).status_code == 401
    assert AuthToken.objects.get() == other


def test_the_newest_tokens_of_an_account_are_kept(candidate):
    other = user_in("candidate", "other")
    AuthToken.objects.create(user=other)
    for _ in range(MAX_TOKENS):
        AuthToken.objects.create(user=candidate)
    oldest = AuthToken.objects.filter(user=candidate).earliest("created")

    token = ask_for_token(Api()).json()["token"]

    assert AuthToken.objects.filter(user=candidate).count() == MAX_TOKENS
    assert not AuthToken.objects.filter(pk=oldest.pk).exists()
    assert AuthToken.objects.filter(user=other).exists()
    assert with_token(token).get(QUESTIONS).status_code == 200


@pytest.mark.parametrize(
    ("username", "password"), [("candidate", "wrong"), ("nobody", PASSWORD), ("retired", PASSWORD)]
)
def test_whatever_is_wrong_with_a_log_in_the_answer_is_the_same(candidate, username, password):
    user_in("candidate", "retired")
    User.objects.filter(username="retired").update(is_active=False)

    response = ask_for_token(Api(), username, password)

    assert problem(response) == (401, "invalid_credentials")
    assert response.headers["WWW-Authenticate"] == "Token"
    assert response.json()["detail"] == "There is no active account with this name and password."


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"username": 1, "password": 2},
        {"username": "a\0", "password": "b"},
        {"username": "\ud800", "password": "b"},
    ],
)
def test_a_malformed_log_in_is_refused(body):
    assert problem(Api().post(TOKENS, json.dumps(body), content_type="application/json")) == (
        400,
        "invalid",
    )


def test_wrong_passwords_lock_the_account_for_a_while_also_against_the_right_one(
    candidate, settings
):
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 3
    api = Api()

    statuses = [ask_for_token(api, password="wrong").status_code for _ in range(3)]
    refused = ask_for_token(api)

    assert statuses == [401, 401, 429]
    assert problem(refused) == (429, "locked_out")
    assert refused.headers["Retry-After"] == "900"


def test_tries_are_counted_by_address_whatever_the_client_says_its_address_is(
    candidate, monkeypatch
):
    monkeypatch.setattr(
        "rest_framework.throttling.ScopedRateThrottle.THROTTLE_RATES", {"tokens": "2/min"}
    )

    statuses = [
        Api()
        .post(
            TOKENS, {}, content_type="application/json", headers={"X-Forwarded-For": f"10.0.0.{n}"}
        )
        .status_code
        for n in range(3)
    ]

    assert statuses == [400, 400, 429]


# Errors -------------------------------------------------------------------------------------------


def test_without_a_token_the_answer_says_how_to_authenticate():
    response = Api().get(QUESTIONS)

    assert problem(response) == (401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(
    "header",
    [
        "Token",
        "Token x",
        "Token a b",
        "Token \xff\xfe",
        "Token tst_\0",
        "Token " + "a" * 10_000,
        "Basic YTpi",
        "Bearer x",
        "\xff",
    ],
)
def test_a_wrong_token_of_any_shape_is_a_401(header):
    assert Client(headers={"Authorization": header}).get(QUESTIONS).status_code == 401


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "invalid_json"),
        (b"", "invalid"),
        (b" ", "invalid_json"),
        (b"{'question': 1}", "invalid_json"),
        (b"[" * 200_000, "invalid_json"),
        (b'{"a":' * 100_000, "invalid_json"),
        (b"[" * 100 + b"]" * 100, "invalid"),
        (b'{"text": NaN}', "invalid_json"),
        (b'{"text": -Infinity}', "invalid_json"),
        (b'{"text": ' + b"9" * 5000 + b"}", "invalid_json"),
        (b'{"text": 1e999}', "invalid"),
        (b'{"text": "\xff"}', "invalid_encoding"),
        ('{"text": "a"}'.encode("utf-16"), "invalid_encoding"),
        (b'{"text": "a\x00b"}', "invalid_json"),
        (b'{"text": "a", "text": "b"}', "duplicate_key"),
        (b'{"\\ud800": "a", "\\ud800": "b"}', "duplicate_key"),
    ],
)
def test_a_body_that_is_not_strict_json_is_a_400(integrator, raw, code):
    assert problem(Api(integrator).send(raw)) == (400, code)


def test_a_byte_order_mark_is_forgiven(integrator):
    factories.published_question(slug="scaling")

    assert (
        Api(integrator).send(b'\xef\xbb\xbf{"question": "scaling", "text": "a"}').status_code == 202
    )


def test_the_number_of_errors_named_is_bounded(integrator):
    response = Api(integrator).send([{f"unknown{n}": 1 for n in range(200)}] * 50)

    assert problem(response) == (400, "invalid")
    assert len(response.json()["errors"]) == 100


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "nonsense",
        "a/b; charset=hex",
    ],
)
def test_another_content_type_is_a_415(integrator, content_type):
    response = Api(integrator).generic("POST", SUBMISSIONS, b"a=%41", content_type)

    assert problem(response) == (415, "unsupported_media_type")


@pytest.mark.django_db(transaction=True)  # a real request drops a connection in a transaction
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=hex", 202),
        ("application/json; charset=undefined", 202),
        ("application/json; charset=utf-16", 202),
        ("application/json; charset=nowhere", 202),
        ("application/json; v*=nowhere'en'%41", 415),
        ("text/plain; charset=rot13", 415),
        ("\xff", 415),
    ],
)
def test_the_content_type_does_not_choose_how_anything_is_decoded(integrator, content_type, status):
    from config.wsgi import application  # after the settings fixture: it reads them once

    factories.published_question(slug="scaling")
    body = json.dumps({"question": "scaling", "text": "答"}, ensure_ascii=False).encode()
    environment = Api(integrator)._base_environ(
        REQUEST_METHOD="POST",
        PATH_INFO=SUBMISSIONS,
        QUERY_STRING="a=%41&" * 900,
        CONTENT_TYPE=content_type,
        CONTENT_LENGTH=str(len(body)),
        **{"wsgi.input": io.BytesIO(body)},
    ) | {"HTTP_AUTHORIZATION": f"Token {AuthToken.objects.create(user=integrator)[1]}"}
    answered = []

    application(environment, lambda line, _headers: answered.append(line))

    assert [int(line.split()[0]) for line in answered] == [status]


def test_a_chunked_body_without_a_length_is_a_411(integrator):
    response = Api(integrator).post(
        SUBMISSIONS, b"", content_type="application/json", headers={"Transfer-Encoding": "chunked"}
    )

    assert problem(response) == (411, "length_required")


def test_the_wrong_method_is_a_405_that_names_the_right_ones(integrator):
    response = Api(integrator).put(SUBMISSIONS, {}, content_type="application/json")

    assert problem(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


def test_what_the_client_accepts_is_heeded(integrator):
    assert problem(Api(integrator).get(QUESTIONS, headers={"Accept": "text/html"})) == (
        406,
        "not_acceptable",
    )


@pytest.mark.parametrize(
    "accept",
    ["", ";;;", "*/*;q=x", "a" * 5000, "application/json;\xff", "application/json; v*=x'y'z"],
)
def test_an_odd_accept_header_is_no_error_of_ours(integrator, accept):
    response = Api(integrator).get(QUESTIONS, headers={"Accept": accept})

    if response.status_code != 200:
        assert problem(response) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nowhere/",
        "questions",
        "grades/1/",
        "grades/0f6e5b52-0000-4000-8000-000000000000",
        "questions/%ED%A0%80/",
        "questions/%00/",
        "submissions/%FF/",
    ],
)
def test_addresses_that_are_none_get_a_problem_document(candidate, path):
    assert problem(CandidateApi(candidate).get(f"/api/v1/{path}")) == (404, "not_found")


def test_too_many_parameters_are_a_400(integrator):
    assert problem(Api(integrator).get(f"{QUESTIONS}?{'a&' * 4000}")) == (400, "bad_request")


def test_errors_speak_chinese_to_those_who_ask_for_it():
    assert Api(language="zh-CN").get(QUESTIONS).json()["detail"] == "身份认证信息未提供。"


def test_no_response_may_be_cached(integrator):
    api = Api(integrator)

    assert {api.get(url).headers["Cache-Control"] for url in (QUESTIONS, "/api/v1/nowhere/")} == {
        "no-store"
    }
    assert api.send({}).headers["Cache-Control"] == "no-store"


def test_a_browsers_session_reads_and_changes_nothing_without_its_csrf_token(candidate):
    factories.published_question(slug="scaling")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(candidate)

    refused = browser.post(
        SUBMISSIONS, {"question": "scaling", "text": "a"}, content_type="application/json"
    )

    assert browser.get(QUESTIONS).status_code == 200
    assert problem(refused) == (403, "permission_denied")


# Who may do what ----------------------------------------------------------------------------------

ROLES = (
    "nobody",
    "candidate",
    "other_candidate",
    "integrator",
    "other_integrator",
    "interviewer",
    "author",
    "plain",
)
# For each address: method and the status each of ROLES gets. The rows: `candidate` answered (not
# released), `integrator` sent in.
EXPECTED = {
    ("tokens", "post"): (400, 400, 400, 400, 400, 400, 400, 400),
    ("current-token", "delete"): (401, 204, 204, 204, 204, 204, 204, 204),
    ("questions", "get"): (401, 200, 200, 200, 200, 200, 200, 200),
    # Those who may still take the interview that asks it do not read it.
    ("question", "get"): (401, 200, 404, 200, 200, 200, 200, 404),
    ("submissions", "post"): (401, 400, 400, 400, 400, 403, 403, 403),
    ("submission", "get"): (401, 200, 404, 404, 404, 200, 404, 404),
    ("submission of a program", "get"): (401, 404, 404, 200, 404, 200, 404, 404),
    ("grade", "get"): (401, 404, 404, 404, 404, 200, 404, 404),
    ("grade of a program", "get"): (401, 404, 404, 200, 404, 200, 404, 404),
    ("schema", "get"): (200,) * 8,
    ("docs", "get"): (200,) * 8,
    ("not-found", "get"): (404,) * 8,
}


@pytest.fixture
def cast(candidate, integrator, interviewer, author):
    """Callers by role, and the address of each endpoint filled with rows that belong to `candidate` or `integrator`."""
    users = {
        "nobody": None,
        "candidate": candidate,
        "other_candidate": user_in("candidate", "other candidate"),
        "integrator": integrator,
        "other_integrator": user_in("integrator", "other integrator"),
        "interviewer": interviewer,
        "author": author,
        "plain": factories.UserFactory(username="plain"),
    }
    question = factories.published_question(slug="scaling")
    session = start_session(candidate=candidate, question_set=factories.question_set(question))
    own = submit_answer(session.answers.get(), text=CLUELESS)
    [sent] = submit_from_program(
        integrator=integrator, submissions=[Submission(question, CLUELESS)]
    )
    for answer in (own, sent):
        run_grade(answer.grades.get().pk)
    addresses = {
        "tokens": TOKENS,
        "current-token": CURRENT,
        "questions": QUESTIONS,
        "question": f"{QUESTIONS}scaling/",
        "submissions": SUBMISSIONS,
        "submission": f"{SUBMISSIONS}{own.public_id}/",
        "submission of a program": f"{SUBMISSIONS}{sent.public_id}/",
        "grade": f"/api/v1/grades/{own.grades.get().public_id}/",
        "grade of a program": f"/api/v1/grades/{sent.grades.get().public_id}/",
        "schema": "/api/v1/schema/",
        "docs": "/api/v1/docs/",
        "not-found": "/api/v1/nowhere/",
    }
    return users, addresses


def test_each_role_gets_at_each_address_what_it_should_and_leaks_nothing(cast):
    users, addresses = cast
    found = {}
    for name, method in EXPECTED:
        statuses = []
        for role in ROLES:
            entitled = role in ("interviewer", "author") or (
                role == "integrator" and name.endswith("of a program")
            )
            api = (Api if entitled else CandidateApi)(users[role])
            response = (
                api.post(addresses[name], {}, content_type="application/json")
                if method == "post"
                else getattr(api, method)(addresses[name])
            )
            statuses.append(response.status_code)
        found[name, method] = tuple(statuses)

    assert found == EXPECTED


def test_every_address_of_the_api_stands_in_the_matrix():
    assert {pattern.name for pattern in urlpatterns} == {
        name for name, _method in EXPECTED if " " not in name
    }


@pytest.mark.parametrize("role", ROLES)
def test_no_get_changes_a_row(cast, role, django_assert_max_num_queries):
    users, addresses = cast
    api = Api(users[role])

    with django_assert_max_num_queries(200) as captured:
        for name, method in EXPECTED:
            if method == "get":
                api.get(addresses[name])

    assert [
        query["sql"]
        for query in captured.captured_queries
        if query["sql"].split()[0] not in ("SELECT", "SAVEPOINT", "RELEASE")
    ] == []


# The schema ---------------------------------------------------------------------------------------


@pytest.fixture
def schema():
    return Api().get("/api/v1/schema/").json()


def test_the_schema_is_valid_openapi_3_1(schema):
    validate_schema(schema)
    assert schema["openapi"] == "3.1.1"
    assert (
        yaml.safe_load(
            Api().get("/api/v1/schema/", headers={"Accept": "application/yaml"}).content
        )["paths"]
        == schema["paths"]
    )


def test_the_schema_documents_each_endpoint_with_its_errors(schema):
    documented = {
        path: {method: set(operation["responses"]) for method, operation in item.items()}
        for path, item in schema["paths"].items()
    }

    assert documented == {
        TOKENS: {"post": {"201", "400", "401", "429"}},
        CURRENT: {"delete": {"204", "401"}},
        QUESTIONS: {"get": {"200", "400", "401"}},
        f"{QUESTIONS}{{slug}}/": {"get": {"200", "401", "404"}},
        SUBMISSIONS: {"post": {"202", "400", "401", "403", "409", "413", "429", "503"}},
        f"{SUBMISSIONS}{{public_id}}/": {"get": {"200", "400", "401", "404"}},
        "/api/v1/grades/{public_id}/": {"get": {"200", "401", "404"}},
    }


def test_what_is_sent_back_is_what_the_schema_says(schema, cast):
    users, addresses = cast

    def check(response, path: str, method: str = "get") -> None:
        [content] = schema["paths"][path][method]["responses"][str(response.status_code)][
            "content"
        ].values()
        jsonschema.Draft202012Validator(
            content["schema"] | {"components": schema["components"]}
        ).validate(response.json())

    for role in ("candidate", "integrator", "interviewer", "author"):
        api = Api(users[role])
        check(api.get(QUESTIONS), QUESTIONS)
        check(api.get(f"{QUESTIONS}scaling/"), f"{QUESTIONS}{{slug}}/")
        for name in ("submission", "submission of a program"):
            check(api.get(addresses[name]), f"{SUBMISSIONS}{{public_id}}/")
        for name in ("grade", "grade of a program"):
            check(api.get(addresses[name]), "/api/v1/grades/{public_id}/")
    body = {"question": "scaling", "text": "a"}
    integrator = Api(users["integrator"])
    for sent in (body, [body, body], {}, [{"x": 1}]):
        check(integrator.send(sent), SUBMISSIONS, "post")
    Question.objects.update(status="archived")
    check(integrator.send([body]), SUBMISSIONS, "post")
    check(ask_for_token(Api()), TOKENS, "post")


def test_the_page_of_the_schema_has_nothing_inline_and_nothing_from_elsewhere():
    page = Api().get("/api/v1/docs/")
    content = page.content.decode()

    assert "<style" not in content
    assert content.count("<script") == content.count("<script src=")
    assert "://" not in content
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
