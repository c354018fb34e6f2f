"""The languages in which the bank is written."""

LANGUAGES = ("zh", "en")
