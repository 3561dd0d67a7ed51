from django.conf import settings
from django.db import migrations


def keep_nodes_fetching(apps, schema_editor):
    """Give whoever could fetch snapshots the right that now says so."""
    Permission = apps.get_model("auth", "Permission")
    viewing = Permission.objects.filter(
        content_type__app_label="core",
        content_type__model="publication",
        codename="view_publication",
    ).first()
    if viewing is None:  # a new database: nobody holds anything
        return
    fetching, _ = Permission.objects.get_or_create(
        content_type=viewing.content_type,
        codename="fetch_snapshot",
        defaults={"name": "Can fetch snapshots (branch nodes)"},
    )
    for holders in (viewing.user_set, viewing.group_set):
        for holder in holders.all():
            permissions = getattr(holder, "user_permissions", None) or holder.permissions
            permissions.add(fetching)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('core', '0004_login_attempts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='publication',
            options={'permissions': [('publish', 'Can publish and roll back'), ('fetch_snapshot', 'Can fetch snapshots (branch nodes)')]},
        ),
        migrations.RunPython(keep_nodes_fetching, migrations.RunPython.noop),
    ]
