from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('interview', '0003_regrade_lease'),
    ]

    operations = [
        migrations.AddField(
            model_name='interviewsession',
            name='close_retry_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='Set when the sweep could not end the session.', null=True, verbose_name='ended by the sweep not before'),
        ),
    ]
