from django.db import migrations


def propose(apps, schema_editor):
    """No second person has accepted what reviewers' verdicts taught until now."""
    sample_model = apps.get_model("questions", "Sample")
    sample_model.objects.filter(origin="override").update(acceptance="proposed")


class Migration(migrations.Migration):
    dependencies = [("questions", "0006_sample_acceptance")]

    operations = [migrations.RunPython(propose, migrations.RunPython.noop)]
