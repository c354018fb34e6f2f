from django.contrib.auth.models import User
from django.utils.translation import gettext as _


class RevokeTokensOnPasswordChange:
    """Ends an account's API tokens when its password changes, as Django ends its sessions.

    Django tells its password validators of every change, from whichever page or command it comes.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        pass

    def get_help_text(self) -> str:
        return _(
            "Changing the password signs the account out elsewhere and revokes its API tokens."
        )

    def password_changed(self, password: str, user: User) -> None:
        # A model, and this module is read with the settings.
        from knox.models import AuthToken  # noqa: PLC0415

        AuthToken.objects.filter(user_id=user.pk).delete()
