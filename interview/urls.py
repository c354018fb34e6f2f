"""The candidate pages."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from interview import views

app_name = "interview"

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("login/", views.SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", views.ChangePasswordView.as_view(), name="password"),
    path("history/", views.history, name="history"),
    path("practice/", views.practice, name="practice"),
    path("practice/<slug:slug>/", views.topic, name="topic"),
    path("practice/<slug:slug>/start/", views.start_topic, name="start_topic"),
    path("questions/<slug:slug>/start/", views.start_question, name="start_question"),
    path("interviews/<int:pk>/start/", views.start_interview, name="start_interview"),
    path("sessions/<uuid:public_id>/", views.resume, name="session"),
    path("sessions/<uuid:public_id>/<int:number>/", views.room, name="room"),
    path("sessions/<uuid:public_id>/<int:number>/draft/", views.draft, name="draft"),
    path("sessions/<uuid:public_id>/<int:number>/again/", views.again, name="again"),
    path("sessions/<uuid:public_id>/finish/", views.finish, name="finish"),
    path("sessions/<uuid:public_id>/discard/", views.discard, name="discard"),
    path("sessions/<uuid:public_id>/result/", views.result, name="result"),
    path("sessions/<uuid:public_id>/progress/", views.progress, name="progress"),
]
