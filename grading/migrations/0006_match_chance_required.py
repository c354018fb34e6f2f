from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grading', '0005_fill_match_chance'),
    ]

    operations = [
        migrations.AlterField(
            model_name='keypointmatch',
            name='chance',
            field=models.FloatField(help_text='0 to 1: how likely a person would credit the key point', verbose_name='chance'),
        ),
        migrations.AddConstraint(
            model_name='keypointmatch',
            constraint=models.CheckConstraint(condition=models.Q(('chance__gte', 0), ('chance__lte', 1)), name='match_chance_in_range'),
        ),
    ]
