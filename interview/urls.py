"""The candidate pages."""

from django.urls import URLPattern

app_name = "interview"

urlpatterns: list[URLPattern] = []
