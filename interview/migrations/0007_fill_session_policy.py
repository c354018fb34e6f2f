from django.db import migrations
from django.db.models import OuterRef, Subquery

POLICY_FIELDS = ("mode", "release_policy", "minutes")


def copy_from_sets(apps, schema_editor):
    """Give each session the policy that its set has now. One without a set keeps the defaults."""
    session_model = apps.get_model("interview", "InterviewSession")
    its_set = apps.get_model("interview", "QuestionSet").objects.filter(
        pk=OuterRef("question_set")
    )
    session_model.objects.filter(question_set__isnull=False).update(
        **{name: Subquery(its_set.values(name)) for name in POLICY_FIELDS}
    )


class Migration(migrations.Migration):
    dependencies = [("interview", "0006_session_policy")]

    operations = [migrations.RunPython(copy_from_sets, migrations.RunPython.noop)]
