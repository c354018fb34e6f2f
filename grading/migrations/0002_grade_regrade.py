import django.db.models.deletion
from django.db import migrations, models


class AddOrKeepField(migrations.AddField):
    """Add the column, unless an installation from before the squash has it."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, model._meta.db_table)
        if model._meta.get_field(self.name).column not in {column.name for column in columns}:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):

    dependencies = [
        ('grading', '0001_grades'),
        ('interview', '0002_regrades'),
    ]

    operations = [
        AddOrKeepField(
            model_name='grade',
            name='regrade',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='interview.regrade', verbose_name='regrade it came from'),
        ),
    ]
