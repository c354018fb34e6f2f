"""The web entry point."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Request(WSGIRequest):
    """A request whose Content-Type does not choose how its address is decoded.

    Here everything is UTF-8. Django would decode the query by the charset named there while it
    makes the request, where no error can be answered any more. Python has "charsets" (hex,
    undefined) that decode no text.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(
                meta.get("CONTENT_TYPE", "")
            )
        except ValueError:
            meta["CONTENT_TYPE"] = (
                "application/octet-stream"  # what is malformed is nothing we take
            )
            self.content_type, self.content_params = meta["CONTENT_TYPE"], {}


class Handler(WSGIHandler):
    request_class = Request


django.setup(set_prefix=False)
application = Handler()
