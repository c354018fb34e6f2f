from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grading', '0003_match_rule'),
    ]

    operations = [
        migrations.AddField(
            model_name='keypointmatch',
            name='chance',
            field=models.FloatField(help_text='0 to 1: how likely a person would credit the key point', null=True, verbose_name='chance'),
        ),
    ]
