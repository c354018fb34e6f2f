"""Regrades, which the app `grading` held before."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class CreateOrTakeOver(migrations.CreateModel):
    """Create the table, or rename the one that an installation from before the squash has."""

    def __init__(self, *, former_table, **arguments):
        super().__init__(**arguments)
        self.former_table = former_table

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.name)
        connection = schema_editor.connection
        if not self.allow_migrate_model(connection.alias, model):
            return
        if self.former_table in connection.introspection.table_names():
            schema_editor.alter_db_table(model, self.former_table, model._meta.db_table)
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


def keep_permissions(apps, schema_editor):
    """Permissions hang on the content type: with its new label, whoever has them keeps them."""
    content_types = apps.get_model('contenttypes', 'ContentType')
    found = content_types.objects.using(schema_editor.connection.alias)
    found.filter(app_label='grading', model__in=['regrade', 'regraderow']).update(app_label='interview')


class Migration(migrations.Migration):

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('grading', '0001_grades'),
        ('interview', '0001_initial'),
        ('questions', '0001_bank'),
    ]

    operations = [
        CreateOrTakeOver(
            former_table='grading_regrade',
            name='Regrade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='regrades', to='questions.question', verbose_name='question')),
                ('rubric', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='regrades', to='questions.rubric', verbose_name='rubric')),
                ('status', models.CharField(choices=[('queued', 'queued'), ('running', 'dry run in progress'), ('ready', 'ready to apply'), ('cancelled', 'cancelled'), ('failed', 'failed'), ('set_aside', 'closed')], default='queued', max_length=10, verbose_name='status')),
                ('total', models.PositiveIntegerField(default=0, verbose_name='answers')),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='lease until')),
                ('lease_token', models.UUIDField(blank=True, null=True, verbose_name='lease token')),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='not before')),
                ('dispatched_at', models.DateTimeField(blank=True, null=True, verbose_name='message sent')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name="requested by")),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="requested")),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('applied_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='applied by')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='applied')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='undone by')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone')),
            ],
            options={
                'verbose_name': 'regrade',
                'verbose_name_plural': 'regrades',
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('status__in', ['queued', 'running'])), fields=('question',), name='regrade_one_dry_run'),
                    models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('error', ''), _negated=True), _connector='OR'), name='regrade_failed_says_why'),
                ],
            },
        ),
        CreateOrTakeOver(
            former_table='grading_regraderow',
            name='RegradeRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('regrade', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='interview.regrade')),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interview.answer', verbose_name='answer')),
                ('old_grade', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grading.grade', verbose_name="previous grade")),
                ('new_grade', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grading.grade', verbose_name='grade')),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('previewed', 'previewed'), ('refused', 'could not be graded'), ('applied', 'applied'), ('overtaken', 'superseded'), ('undone', 'undone')], default='waiting', max_length=10, verbose_name='status')),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('score', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True, verbose_name='score')),
                ('needs_review', models.BooleanField(default=False, verbose_name='needs review')),
                ('reasons', models.JSONField(blank=True, default=list, verbose_name='reasons for review')),
                ('engine_version', models.CharField(blank=True, max_length=40, verbose_name='engine version')),
                ('glossary_hash', models.CharField(blank=True, max_length=64, verbose_name='hash of the glossary')),
                ('samples_hash', models.CharField(blank=True, max_length=64, verbose_name="hash of the marked answers used")),
                ('matches', models.JSONField(blank=True, default=list, help_text='The fields of KeyPointMatch, by key', verbose_name='key point matches')),
                ('verdict_changes', models.JSONField(blank=True, default=list, help_text='[key, before, after]', verbose_name='changed verdicts')),
                ('stood', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True, verbose_name="score before")),
                ('stands', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True, verbose_name="score after")),
                ('change', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True, verbose_name='change')),
                ('human_verdicts', models.PositiveSmallIntegerField(default=0, verbose_name="human verdicts kept")),
            ],
            options={
                'verbose_name': 'answer of a regrade',
                'verbose_name_plural': 'answers of a regrade',
                'ordering': ['id'],
                'indexes': [
                    models.Index(fields=['regrade', 'status'], name='regrade_row_state'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('regrade', 'answer'), name='regrade_row_once_per_answer'),
                    models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['previewed', 'applied']), _negated=True), models.Q(('score__isnull', False), ('stands__isnull', False)), _connector='OR'), name='regrade_row_previewed_is_complete'),
                ],
            },
        ),
        migrations.RunPython(keep_permissions, migrations.RunPython.noop),
    ]
