from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Holds the commands that concern the installation as a whole: serve, bootstrap, doctor."""

    name = "config"
