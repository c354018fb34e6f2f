"""Grades as of the squash of the first migrations, without the regrade they came from (0002)."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('grading', '0001_initial'),
        ('grading', '0002_grade_glossary_hash'),
        ('grading', '0003_grade_samples_hash'),
        ('grading', '0004_regrade'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('interview', '0001_initial'),
        ('questions', '0001_bank'),
    ]

    operations = [
        migrations.CreateModel(
            name='Grade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='public id')),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='interview.answer', verbose_name='answer')),
                ('rubric', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='questions.rubric', verbose_name='rubric')),
                ('status', models.CharField(choices=[('queued', 'queued'), ('running', 'being graded'), ('graded', 'graded'), ('failed', 'failed')], default='queued', max_length=10, verbose_name='status')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='lease until')),
                ('lease_token', models.UUIDField(blank=True, null=True, verbose_name='lease token')),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='not before')),
                ('dispatched_at', models.DateTimeField(blank=True, null=True, verbose_name='message sent')),
                ('dispatches', models.PositiveIntegerField(default=0, verbose_name='messages sent')),
                ('engine_version', models.CharField(blank=True, max_length=40, verbose_name='engine version')),
                ('glossary_hash', models.CharField(blank=True, max_length=64, verbose_name='hash of the glossary')),
                ('samples_hash', models.CharField(blank=True, max_length=64, verbose_name="hash of the marked answers used")),
                ('score', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='score')),
                ('needs_review', models.BooleanField(default=False, verbose_name='needs review')),
                ('reasons', models.JSONField(blank=True, default=list, verbose_name='reasons for review')),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('queued_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='queued')),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name="requested by")),
                ('restores', models.ForeignKey(blank=True, help_text='Set where a regrade was undone: a copy of that grade, so that it counts again.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grading.grade', verbose_name="previous grade it restores")),
            ],
            options={
                'verbose_name': 'grade',
                'verbose_name_plural': 'grades',
                'ordering': ['-id'],
                'indexes': [
                    models.Index(condition=models.Q(('status__in', ['queued', 'running'])), fields=['dispatched_at'], name='grade_unfinished'),
                    models.Index(fields=['answer', '-id'], name='grade_newest_of_answer'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('status__in', ['queued', 'running'])), fields=('answer',), name='grade_one_unfinished'),
                    models.CheckConstraint(condition=models.Q(models.Q(('status', 'graded'), _negated=True), models.Q(('score__isnull', False), ('finished_at__isnull', False), models.Q(('engine_version', ''), _negated=True)), _connector='OR'), name='grade_graded_is_complete'),
                    models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(models.Q(('error', ''), _negated=True), ('score__isnull', True)), _connector='OR'), name='grade_failed_says_why'),
                    models.CheckConstraint(condition=models.Q(('score__isnull', True), models.Q(('score__gte', 0), ('score__lte', 100)), _connector='OR'), name='grade_score_in_range'),
                ],
            },
        ),
        migrations.CreateModel(
            name='KeyPointMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('grade', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='grading.grade', verbose_name='grade')),
                ('key_point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='questions.keypoint', verbose_name='key point')),
                ('verdict', models.CharField(choices=[('covered', 'covered'), ('partial', 'partial'), ('missed', 'missed'), ('contradicted', 'contradicted')], max_length=12, verbose_name='verdict')),
                ('credit', models.FloatField(verbose_name='credit')),
                ('confidence', models.FloatField(verbose_name='confidence')),
                ('evidence', models.JSONField(default=list, help_text='[start, end) in characters of the answer as typed', verbose_name='evidence')),
                ('matched', models.TextField(blank=True, verbose_name='matched wording')),
                ('matched_kind', models.CharField(blank=True, choices=[('says_it', 'says it'), ('term_group', 'term group'), ('contradicts', 'contradicts')], max_length=12, verbose_name='kind of wording')),
                ('sample', models.CharField(blank=True, max_length=200, verbose_name="similar marked answer")),
            ],
            options={
                'verbose_name': 'key point match',
                'verbose_name_plural': 'key point matches',
                'ordering': ['key_point__order', 'id'],
                'constraints': [
                    models.UniqueConstraint(fields=('grade', 'key_point'), name='match_once_per_key_point'),
                    models.CheckConstraint(condition=models.Q(('credit__gte', 0), ('credit__lte', 1)), name='match_credit_in_range'),
                    models.CheckConstraint(condition=models.Q(('confidence__gte', 0), ('confidence__lte', 1)), name='match_confidence_in_range'),
                ],
            },
        ),
    ]
