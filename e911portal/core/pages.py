"""Models whose rows have a page of their own."""

from django.db import models
from django.urls import reverse


class HasPage(models.Model):
    """Base of models with a detail page, named ``<app>:<model>-detail`` by ``core.crud``."""

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        """Return the path of the row's page."""
        meta = self._meta
        return reverse(f"{meta.app_label}:{meta.model_name}-detail", args=[self.pk])
