"""The candidate pages."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from interview.candidate.accounts import ChangePasswordView, SignInView
from interview.candidate.pages import (
    again,
    history,
    home,
    practice,
    start_interview,
    start_question,
    start_topic,
    topic,
)
from interview.candidate.result import progress, result
from interview.candidate.room import discard, draft, finish, resume, room

app_name = "interview"

urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", ChangePasswordView.as_view(), name="password"),
    path("history/", history, name="history"),
    path("practice/", practice, name="practice"),
    path("practice/<slug:slug>/", topic, name="topic"),
    path("practice/<slug:slug>/start/", start_topic, name="start_topic"),
    path("questions/<slug:slug>/start/", start_question, name="start_question"),
    path("interviews/<int:pk>/start/", start_interview, name="start_interview"),
    path("sessions/<uuid:public_id>/", resume, name="session"),
    path("sessions/<uuid:public_id>/<int:number>/", room, name="room"),
    path("sessions/<uuid:public_id>/<int:number>/draft/", draft, name="draft"),
    path("sessions/<uuid:public_id>/<int:number>/again/", again, name="again"),
    path("sessions/<uuid:public_id>/finish/", finish, name="finish"),
    path("sessions/<uuid:public_id>/discard/", discard, name="discard"),
    path("sessions/<uuid:public_id>/result/", result, name="result"),
    path("sessions/<uuid:public_id>/progress/", progress, name="progress"),
]
