from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Holds the commands that install and run Touchstone: serve, bootstrap."""

    name = "ops"
