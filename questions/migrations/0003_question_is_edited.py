from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('questions', '0002_rubric_has_own_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='question',
            name='is_edited',
            field=models.BooleanField(default=False, editable=False, verbose_name='changed here'),
        ),
    ]
