"""Until now the dashboard's log of changes, and the author of a rubric, told what a person edited."""

from django.db import migrations


def carry_over_edits(apps, schema_editor):
    Question = apps.get_model('questions', 'Question')
    Rubric = apps.get_model('questions', 'Rubric')
    LogEntry = apps.get_model('admin', 'LogEntry')
    logged = LogEntry.objects.filter(
        content_type__app_label='questions', content_type__model='question'
    ).values_list('object_id', flat=True)
    edited = {int(pk) for pk in logged if pk and pk.isdecimal()}
    written = Rubric.objects.filter(author__isnull=False).exclude(status='retired')
    edited.update(written.values_list('question', flat=True))
    for question in Question.objects.filter(is_edited=False).only('pk'):
        if question.pk in edited:
            Question.objects.filter(pk=question.pk).update(is_edited=True)


class Migration(migrations.Migration):

    dependencies = [
        ('questions', '0003_question_is_edited'),
        ('admin', '0003_logentry_add_action_flag_choices'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.RunPython(carry_over_edits, migrations.RunPython.noop),
    ]
