"""Give former matches the chance that their verdict was made of.

Their confidence was the chance itself for a credited verdict, and what is left to 1 for any other.
Their credit stays: it is what their grade's score was made of.
"""

from django.db import migrations
from django.db.models import Case, F, Value, When


def fill_chance(apps, schema_editor):
    matches = apps.get_model('grading', 'KeyPointMatch').objects.using(schema_editor.connection.alias)
    matches.filter(chance__isnull=True).update(
        chance=Case(
            When(verdict__in=['covered', 'partial'], then=F('confidence')),
            default=Value(1.0) - F('confidence'),
        )
    )


class Migration(migrations.Migration):

    dependencies = [
        ('grading', '0004_match_chance'),
    ]

    operations = [
        migrations.RunPython(fill_chance, migrations.RunPython.noop),
    ]
