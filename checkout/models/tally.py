"""What was counted last, and when? For figures that are too dear to be counted each time somebody looks."""

from django.db import models


class Tally(models.Model):
    """The worker counts anew every few minutes; a page shows the figures with their age."""

    name = models.CharField(max_length=40, primary_key=True)
    figures = models.JSONField(default=dict)
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
