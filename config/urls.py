from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from config.api_urls import urlpatterns as api_urlpatterns

urlpatterns = [
    path("", include("interview.candidate.urls")),
    path("language/", set_language, name="set_language"),
    path("api/v1/", include((api_urlpatterns, "api"), namespace="v1")),
    path("admin/", admin.site.urls),
]
