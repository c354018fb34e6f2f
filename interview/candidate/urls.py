"""The candidate pages."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from interview.candidate.accounts import ChangePasswordView, SignInView
from interview.candidate.pages import (
    history,
    home,
    practice,
    practise_again,
    practise_question,
    practise_topic,
    take_interview,
    topic,
)
from interview.candidate.result import result, result_progress
from interview.candidate.room import (
    clock,
    discard_session,
    draft,
    finish,
    restore,
    resume,
    room,
    undo,
)

app_name = "interview"

urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", ChangePasswordView.as_view(), name="password"),
    path("history/", history, name="history"),
    path("practice/", practice, name="practice"),
    path("practice/<slug:slug>/", topic, name="topic"),
    path("practice/<slug:slug>/start/", practise_topic, name="start_topic"),
    path("questions/<slug:slug>/start/", practise_question, name="start_question"),
    path("interviews/<int:pk>/start/", take_interview, name="start_interview"),
    path("sessions/<uuid:public_id>/", resume, name="session"),
    path("sessions/<uuid:public_id>/<int:number>/", room, name="room"),
    path("sessions/<uuid:public_id>/<int:number>/draft/", draft, name="draft"),
    path("sessions/<uuid:public_id>/<int:number>/restore/", restore, name="restore"),
    path("sessions/<uuid:public_id>/<int:number>/undo/", undo, name="undo"),
    path("sessions/<uuid:public_id>/clock/", clock, name="clock"),
    path("sessions/<uuid:public_id>/<int:number>/again/", practise_again, name="again"),
    path("sessions/<uuid:public_id>/finish/", finish, name="finish"),
    path("sessions/<uuid:public_id>/discard/", discard_session, name="discard"),
    path("sessions/<uuid:public_id>/result/", result, name="result"),
    path("sessions/<uuid:public_id>/progress/", result_progress, name="progress"),
]
