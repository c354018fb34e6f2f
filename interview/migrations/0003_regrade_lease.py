from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('interview', '0002_regrades'),
    ]

    operations = [
        migrations.AddField(
            model_name='regrade',
            name='dispatches',
            field=models.PositiveIntegerField(default=0, verbose_name='messages sent'),
        ),
        migrations.AddField(
            model_name='regrade',
            name='started_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='started'),
        ),
    ]
