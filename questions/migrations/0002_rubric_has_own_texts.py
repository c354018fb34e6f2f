from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("questions", "0001_samples")]

    operations = [
        migrations.RenameField("rubric", old_name="rewords", new_name="has_own_texts"),
    ]
