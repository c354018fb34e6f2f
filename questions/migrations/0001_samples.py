"""Second part of the squash of the first migrations: marked answers, which point at answers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('questions', '0003_samples'),
        ('questions', '0005_proposals'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('interview', '0001_initial'),
        ('questions', '0001_bank'),
    ]

    operations = [
        migrations.CreateModel(
            name='Sample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='questions.question', verbose_name='question')),
                ('name', models.SlugField(max_length=120, verbose_name='name')),
                ('kind', models.CharField(blank=True, help_text='A short word: strong, partial, wrong, spoken, …', max_length=30, verbose_name='kind')),
                ('text', models.TextField(verbose_name='answer text')),
                ('marks', models.JSONField(default=dict, verbose_name='credit per key point')),
                ('origin', models.CharField(choices=[('bank', 'built in'), ('author', 'written by an author'), ('override', "reviewer's verdicts"), ('answer', 'real answer marked by an author')], default='author', max_length=10, verbose_name='origin')),
                ('answer', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sample', to='interview.answer', verbose_name='answer')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='marked by')),
                ('content_hash', models.CharField(editable=False, max_length=64, verbose_name='content hash')),
                ('is_edited', models.BooleanField(default=False, editable=False, verbose_name='changed here')),
                ('is_set_aside', models.BooleanField(default=False, help_text="Not used for learning and not counted on the bench.", verbose_name='excluded')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'marked answer',
                'verbose_name_plural': 'marked answers',
                'ordering': ['question', 'name'],
                'constraints': [
                    models.UniqueConstraint(fields=('question', 'name'), name='sample_name_once_per_question'),
                    models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='sample_has_text'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='questions.question', verbose_name='question')),
                ('sample', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='questions.sample', verbose_name='marked answer')),
                ('key', models.SlugField(max_length=60, verbose_name='key point')),
                ('kind', models.CharField(choices=[('says_it', 'says it'), ('contradicts', 'contradicts')], max_length=12, verbose_name='kind')),
                ('text', models.CharField(max_length=300, verbose_name='text')),
                ('status', models.CharField(choices=[('pending', "waiting for an author"), ('accepted', 'accepted'), ('dismissed', 'dismissed')], default='pending', max_length=10, verbose_name='status')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
            ],
            options={
                'verbose_name': 'proposal',
                'verbose_name_plural': 'proposals',
                'ordering': ['id'],
                'indexes': [
                    models.Index(condition=models.Q(('status', 'pending')), fields=['question'], name='proposal_pending'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('question', 'key', 'kind', 'text'), name='proposal_once'),
                ],
            },
        ),
    ]
