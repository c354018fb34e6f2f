"""The bank as of the squash of the first migrations, without marked answers: they point at answers."""

import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('questions', '0001_initial'),
        ('questions', '0002_glossary'),
        ('questions', '0004_draft_texts'),
        ('questions', '0006_pending_import'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True, verbose_name='slug')),
                ('name_zh', models.CharField(max_length=80, verbose_name='name (Chinese)')),
                ('name_en', models.CharField(max_length=80, verbose_name='name (English)')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='questions.topic', verbose_name='parent')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='order')),
            ],
            options={
                'verbose_name': 'topic',
                'verbose_name_plural': 'topics',
                'ordering': ['order', 'slug'],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True, verbose_name='slug')),
                ('prompt_zh', models.TextField(blank=True, verbose_name='prompt (Chinese)')),
                ('prompt_en', models.TextField(blank=True, verbose_name='prompt (English)')),
                ('model_answer_zh', models.TextField(blank=True, verbose_name='model answer (Chinese)')),
                ('model_answer_en', models.TextField(blank=True, verbose_name='model answer (English)')),
                ('difficulty', models.CharField(choices=[('easy', 'easy'), ('medium', 'medium'), ('hard', 'hard')], default='medium', max_length=10, verbose_name='difficulty')),
                ('suggested_minutes', models.PositiveSmallIntegerField(default=5, validators=[django.core.validators.MinValueValidator(1)], verbose_name='suggested minutes')),
                ('source_url', models.URLField(blank=True, max_length=500, verbose_name='source address')),
                ('seed', models.CharField(blank=True, db_index=True, max_length=10, verbose_name='place in the source document')),
                ('status', models.CharField(choices=[('draft', 'draft'), ('published', 'published'), ('archived', 'archived')], db_index=True, default='draft', max_length=10, verbose_name='status')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('topics', models.ManyToManyField(blank=True, related_name='questions', to='questions.topic', verbose_name='topics')),
            ],
            options={
                'verbose_name': 'question',
                'verbose_name_plural': 'questions',
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('prompt_en', ''), ('prompt_zh', ''), _negated=True), name='question_has_a_prompt', violation_error_message='Write the question in at least one language.'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Rubric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rubrics', to='questions.question', verbose_name='question')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('status', models.CharField(choices=[('draft', 'draft'), ('published', 'published'), ('retired', 'retired')], default='draft', max_length=10, verbose_name='status')),
                ('prompt_zh', models.TextField(blank=True, editable=False, verbose_name='prompt when published (Chinese)')),
                ('prompt_en', models.TextField(blank=True, editable=False, verbose_name='prompt when published (English)')),
                ('model_answer_zh', models.TextField(blank=True, editable=False, verbose_name='model answer when published (Chinese)')),
                ('model_answer_en', models.TextField(blank=True, editable=False, verbose_name='model answer when published (English)')),
                ('rewords', models.BooleanField(default=False, editable=False, verbose_name='draft with its own prompt and model answer')),
                ('content_hash', models.CharField(blank=True, editable=False, max_length=64, verbose_name='content hash')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
            ],
            options={
                'verbose_name': 'rubric',
                'verbose_name_plural': 'rubrics',
                'ordering': ['question', '-version'],
                'constraints': [
                    models.UniqueConstraint(fields=('question', 'version'), name='rubric_version_once'),
                    models.UniqueConstraint(condition=models.Q(('status', 'published')), fields=('question',), name='rubric_one_published'),
                    models.UniqueConstraint(condition=models.Q(('status', 'draft')), fields=('question',), name='rubric_one_draft'),
                    models.CheckConstraint(condition=models.Q(('status', 'draft'), models.Q(models.Q(('content_hash', ''), _negated=True), ('published_at__isnull', False)), _connector='OR'), name='rubric_published_is_hashed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='KeyPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rubric', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='key_points', to='questions.rubric', verbose_name='rubric')),
                ('key', models.SlugField(max_length=60, verbose_name='key')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='order')),
                ('text_zh', models.TextField(blank=True, verbose_name='text (Chinese)')),
                ('text_en', models.TextField(blank=True, verbose_name='text (English)')),
                ('weight', models.DecimalField(decimal_places=2, default=Decimal('1'), max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0.01'))], verbose_name='weight')),
                ('required', models.BooleanField(default=False, help_text="An answer without it can't pass.", verbose_name='required')),
                ('hint_zh', models.TextField(blank=True, verbose_name='hint (Chinese)')),
                ('hint_en', models.TextField(blank=True, verbose_name='hint (English)')),
                ('feedback_zh', models.TextField(blank=True, verbose_name='feedback when missed (Chinese)')),
                ('feedback_en', models.TextField(blank=True, verbose_name='feedback when missed (English)')),
            ],
            options={
                'verbose_name': 'key point',
                'verbose_name_plural': 'key points',
                'ordering': ['order', 'id'],
                'constraints': [
                    models.UniqueConstraint(fields=('rubric', 'key'), name='key_point_key_once'),
                    models.CheckConstraint(condition=models.Q(('weight__gt', 0)), name='key_point_weight_positive'),
                    models.CheckConstraint(condition=models.Q(('text_en', ''), ('text_zh', ''), _negated=True), name='key_point_has_a_text', violation_error_message='Write the key point in at least one language.'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Phrase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phrases', to='questions.keypoint', verbose_name='key point')),
                ('kind', models.CharField(choices=[('says_it', 'says it'), ('term_group', 'term group'), ('contradicts', 'contradicts')], default='says_it', max_length=12, verbose_name='kind')),
                ('text', models.TextField(help_text='A term group has one alternative per line.', verbose_name='text')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='order')),
            ],
            options={
                'verbose_name': 'wording',
                'verbose_name_plural': 'wordings',
                'ordering': ['order', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Term',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('same', 'mean the same'), ('opposite', 'exclude each other')], default='same', max_length=10, verbose_name='kind')),
                ('words', models.TextField(help_text="One word or expression per line, in either language.", verbose_name='words')),
                ('shipped_words', models.TextField(blank=True, editable=False, verbose_name="built-in words")),
                ('is_edited', models.BooleanField(default=False, editable=False, verbose_name='changed here')),
                ('is_removed', models.BooleanField(default=False, editable=False, verbose_name='removed here')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'glossary entry',
                'verbose_name_plural': 'glossary',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='GlossaryVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_hash', models.CharField(db_index=True, max_length=64, verbose_name='content hash')),
                ('content', models.JSONField(help_text='groups: words that mean the same; opposites: pairs that exclude each other', verbose_name='content')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
            ],
            options={
                'verbose_name': 'version of the glossary',
                'verbose_name_plural': 'versions of the glossary',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PendingImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('name', models.CharField(max_length=200, verbose_name='file name')),
                ('prefix', models.CharField(blank=True, max_length=60, verbose_name='prefix')),
                ('content', models.BinaryField(verbose_name='content')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
            ],
            options={
                'verbose_name': 'file to import',
                'verbose_name_plural': 'files to import',
            },
        ),
    ]
