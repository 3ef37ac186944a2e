"""The tables: the ledger and what was set aside, documents by their hash, accounts and keys."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models

from throughline.model.personnel import Role

_HASH_LENGTH = 64  # SHA-256 in hexadecimal
_ID_LENGTH = 255


class AppendOnlyError(TypeError):
    """Something tried to change or delete what may only be added to. A mistake of ours."""


def _refuse() -> NoReturn:
    message = "The ledger is append-only. Record a correction as a new event."
    raise AppendOnlyError(message)


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows that can be read and added, and nothing else."""

    def update(self, **_: Any) -> NoReturn:
        """Refused."""
        _refuse()

    def delete(self) -> NoReturn:
        """Refused."""
        _refuse()


class LedgerEntry(models.Model):
    """One accepted event with its place in the chain. Written by ``DjangoLedger`` alone."""

    sequence = models.BigIntegerField(primary_key=True)
    event_id = models.CharField(max_length=_ID_LENGTH, unique=True)
    kind = models.CharField(max_length=_ID_LENGTH)
    subject = models.CharField(max_length=_ID_LENGTH)
    source = models.CharField(max_length=_ID_LENGTH)
    source_seq = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    quality = models.FloatField()
    causation_id = models.CharField(max_length=_ID_LENGTH)
    correlation_id = models.CharField(max_length=_ID_LENGTH)
    schema_version = models.IntegerField()
    body = models.TextField()  # canonical JSON: the very text that was hashed
    body_hash = models.CharField(max_length=_HASH_LENGTH)
    chain_hash = models.CharField(max_length=_HASH_LENGTH)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        """Always read in the order it was written."""

        ordering = ("sequence",)
        indexes = (
            models.Index(fields=("subject", "sequence"), name="history_of_subject"),
            models.Index(fields=("recorded_at", "sequence"), name="heard_by_moment"),
        )

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only a new row can be saved."""
        if not self._state.adding:
            _refuse()
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refused."""
        _refuse()


class QuarantinedEvent(models.Model):
    """An event that was set aside, and why. How it was settled is stated in the ledger."""

    event_id = models.CharField(max_length=_ID_LENGTH, db_index=True)
    body_hash = models.CharField(max_length=_HASH_LENGTH)
    event = models.TextField()
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """The same event with the same body is set aside once, however often it is sent."""

        constraints = (
            models.UniqueConstraint(fields=("event_id", "body_hash"), name="quarantined_once"),
        )

    def __str__(self) -> str:
        return f"{self.event_id}: {self.reason}"


class Snapshot(models.Model):
    """
    Where a fold stood: which entries it still kept at a place in the ledger.

    ``kept`` are their places, packed; ``checksum`` is over everything else in the row.
    """

    sequence = models.BigIntegerField(primary_key=True)
    chain_hash = models.CharField(max_length=_HASH_LENGTH)
    version = models.IntegerField()
    newest = models.DateTimeField()
    digest = models.CharField(max_length=_HASH_LENGTH)
    kept = models.BinaryField()
    checksum = models.CharField(max_length=_HASH_LENGTH)

    def __str__(self) -> str:
        return f"{self.sequence} {self.digest[:12]}"


class BackupManifest(models.Model):
    """What the ledger was when a backup was begun; the copy holds its own newest row."""

    made_at = models.DateTimeField()
    version = models.CharField(max_length=32)
    fold_version = models.IntegerField()  # by which rules the digest was made
    sequence = models.BigIntegerField()
    chain_hash = models.CharField(max_length=_HASH_LENGTH)
    digest = models.CharField(max_length=_HASH_LENGTH)

    def __str__(self) -> str:
        return f"{self.made_at} {self.sequence}"


class Artefact(models.Model):
    """A document under the hash of its content: a plan, a schedule, a survival curve."""

    content_hash = models.CharField(max_length=_HASH_LENGTH, primary_key=True)
    kind = models.CharField(max_length=32)
    document = models.TextField()

    def __str__(self) -> str:
        return f"{self.kind} {self.content_hash[:12]}"


class Profile(models.Model):
    """What a user is in the plant: one role, at one site or (empty) at all of them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile"
    )
    role = models.CharField(max_length=32, choices=[(role.value, role.value) for role in Role])
    site = models.CharField(max_length=_ID_LENGTH, blank=True)
    # True while a row of role_holders says so; without that row the right is gone.
    from_ledger = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class UsedSignInLink(models.Model):
    """The number of a sign-in link that was used, so that it opens the door once only."""

    number = models.CharField(max_length=64, primary_key=True)
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number


class AccessKey(models.Model):
    """A key by which a machine speaks for a user at the API. Only its hash is kept."""

    digest = models.CharField(max_length=_HASH_LENGTH, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} {self.digest[:8]}"
