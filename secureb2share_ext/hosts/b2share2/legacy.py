"""The legacy records of B2SHARE's communities: how their files are found, closed, read and deleted.

A frozen bucket is marked as deleted in B2SHARE: B2SHARE's own views then answer that there is no such bucket, to every
user and for every token, even while this package is off or removed. A PID has the bucket of its record and the bucket
of its deposit. Old versions of files and unfinished uploads lie in these buckets too, and a deleted record leaves its
bucket behind.
"""

import collections
import contextlib
import os
import uuid
from typing import Any, Dict, List, Optional, Sequence, Tuple

from elasticsearch.exceptions import ElasticsearchException
from fs.errors import FSError, RemoveRootError, ResourceNotFoundError
from invenio_db import db
from invenio_files_rest.models import Bucket, FileInstance, MultipartObject, ObjectVersion
from invenio_files_rest.proxies import current_files_rest
from invenio_indexer.api import RecordIndexer
from invenio_records.models import RecordMetadata
from invenio_records_files.models import RecordsBuckets
from sqlalchemy import func

from ...datasets import store as datasets
from ...errors import NotReady
from ...legacy.holder import Content, Holder, LegacyRecord
from ...messages.sources import Source
from ...proxies import tables
from . import communities, records

ELSEWHERE = "B"  # the storage class of files that only a link leads to


class Legacy(Holder):
    """The legacy records of B2SHARE 2.4; sources: {name: Source}."""

    def __init__(self, sources: Dict[str, Source]) -> None:
        self.sources = sources

    def formers(self, pid: Optional[str] = None) -> List[LegacyRecord]:
        found = []
        for source in self.sources.values():
            community = communities.id_of_source(source)
            if community is not None:
                found += _formers(source.name, _of_community(community, pid))
        return sorted(found)

    def unowned(self) -> Tuple[int, int]:
        query = db.session.query(FileInstance.size).filter(
            ~FileInstance.objects.any(), ~FileInstance.multipart_objects.any()
        )
        sizes = [size or 0 for (size,) in query]
        return len(sizes), sum(sizes)

    def check(self) -> None:
        records.check_search()

    def close(self, former: LegacyRecord) -> List[str]:
        return [bucket for bucket in former.buckets if Bucket.delete(bucket)]

    def reopen(self, buckets: Sequence[str]) -> None:
        for bucket in db.session.query(Bucket).filter(Bucket.id.in_(buckets)) if buckets else ():
            bucket.deleted = False
        db.session.flush()

    def reindex(self, former: LegacyRecord) -> None:
        try:
            with records.canonical():
                for metadata in _metadata(former.uuids):
                    RecordIndexer().index_by_id(metadata.id)
        except ElasticsearchException:
            raise NotReady("The search index does not follow yet: run the same command again.", code="search-down")

    def content(self, buckets: Sequence[str]) -> List[Content]:
        held = collections.defaultdict(list)
        for model, version in ((ObjectVersion, "version_id"), (MultipartObject, "upload_id")):
            for one in _in_buckets(model, buckets):
                held[one.file_id].append((str(one.bucket_id), one.key, str(getattr(one, version))))
        pids = _pids_of_files(buckets)
        return [_content(instance, held[instance.id], pids) for instance in _instances(held)]

    def open(self, content: Content) -> Any:
        try:
            return FileInstance.get(uuid.UUID(content.id)).storage().open()
        except FSError as error:
            raise OSError(type(error).__name__)

    def drop(self, pid: str, buckets: Sequence[str]) -> List[Any]:
        ids = {one.file_id for model in (ObjectVersion, MultipartObject) for one in _in_buckets(model, buckets)}
        # of two records that share a file, the one that is dropped last has to see it
        instances = _instances(ids, is_locking=True)
        for upload in list(_in_buckets(MultipartObject, buckets)):
            upload.delete()
        for bucket in db.session.query(Bucket).filter(Bucket.id.in_(buckets)).all() if buckets else ():
            _empty(bucket)
        _forget_files(pid)
        db.session.flush()
        places = []
        for instance in instances:
            if not _is_held(instance.id):
                if instance.uri is not None and instance.storage_class != ELSEWHERE:
                    places.append([instance.uri, instance.storage_class, instance.size])
                instance.delete()
        db.session.flush()
        return places

    def erase(self, place: Any) -> None:
        # a row of no session, for B2SHARE's storage factory
        instance = FileInstance(uri=place[0], storage_class=place[1], size=place[2])
        try:
            current_files_rest.storage_factory(fileinstance=instance).delete()
        except (FileNotFoundError, ResourceNotFoundError):
            # an earlier run did it
            pass
        except RemoveRootError:
            # B2SHARE's storage deletes a file, and then fails on its folder
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(place[0].replace("file://", "", 1)))


def _of_community(community, pid):
    """{PID: [(uuid, metadata)]} of what is in a community (id), and of what was deleted there."""
    query = db.session.query(RecordMetadata.id, RecordMetadata.json)
    there = query.filter(_plain(_said("community")) == community.replace("-", ""))
    if pid is not None:
        there = there.filter(_said("_deposit", "id") == pid)
    found = collections.defaultdict(list)
    for record_uuid, metadata in there:
        if communities.is_record(metadata) or communities.is_draft(metadata):
            found[communities.pid_of(metadata)].append((record_uuid, metadata))
    gone = db.session.query(RecordMetadata).join(RecordsBuckets, RecordsBuckets.record_id == RecordMetadata.id)
    for row in gone.filter(RecordMetadata.json.is_(None)):
        # what it was stands in the history of the host's tables
        former = next((one.json for one in reversed(list(row.versions)) if one.json), None)
        if former is not None and communities.normal(former.get("community")) == community:
            if pid in (None, communities.pid_of(former)):
                found[communities.pid_of(former)].append((row.id, None))
    return found


def _said(*names):
    """The text in the metadata of a record at these member names, in SQL."""
    return func.json_extract_path_text(RecordMetadata.json, *names)


def _plain(text):
    """The digits of a UUID in SQL, however Python's UUID would take it."""
    return func.regexp_replace(func.lower(text), "urn:|uuid:|[{}-]", "", "g")


def _formers(source, by_pid):
    """[LegacyRecord] of {PID: [(uuid, metadata)]}: not what is a dataset, or a draft, without files."""
    # before init there is no table
    ours = datasets.by_pids(by_pid) if tables() else {}
    uuids = {record_uuid for found in by_pid.values() for record_uuid, _ in found}
    buckets = _buckets_of(uuids)
    for pid, found in sorted(by_pid.items()):
        of_pid = sorted({str(bucket) for record_uuid, _ in found for bucket in buckets[record_uuid]})
        files = _sizes(of_pid)
        kind = _kind(found, pid in ours)
        if files or kind == "record":
            named = tuple(sorted(str(record_uuid) for record_uuid, _ in found))
            yield LegacyRecord(pid, source, kind, named, tuple(of_pid), len(files), sum(files.values()))


def _kind(found, is_ours):
    metadata = [one for _, one in found if one is not None]
    if is_ours:
        return "dataset"
    if not metadata:
        return "deleted"
    return "record" if any(communities.is_record(one) for one in metadata) else "draft"


def _buckets_of(uuids):
    found = collections.defaultdict(list)
    query = db.session.query(RecordsBuckets.record_id, RecordsBuckets.bucket_id)
    for record_uuid, bucket in query.filter(RecordsBuckets.record_id.in_(uuids)) if uuids else ():
        found[record_uuid].append(bucket)
    return found


def _sizes(buckets):
    """{id of a FileInstance: bytes}."""
    ids = {one.file_id for model in (ObjectVersion, MultipartObject) for one in _in_buckets(model, buckets)}
    return {instance.id: instance.size or 0 for instance in _instances(ids)}


def _in_buckets(model, buckets):
    """The ObjectVersions or MultipartObjects of buckets (ids) that have a file."""
    if not buckets:
        return []
    return db.session.query(model).filter(model.bucket_id.in_(buckets), model.file_id.isnot(None)).all()


def _instances(ids, is_locking=False):
    if not ids:
        return []
    query = db.session.query(FileInstance).filter(FileInstance.id.in_(list(ids))).order_by(FileInstance.id)
    return (query.with_for_update() if is_locking else query).all()


def _content(instance, objects, pids):
    elsewhere = instance.uri if instance.storage_class == ELSEWHERE else None
    own = tuple(sorted({pids[bucket, name] for bucket, name, _ in objects if (bucket, name) in pids}))
    return Content(str(instance.id), instance.size, instance.checksum, elsewhere, tuple(sorted(objects)), own)


def _pids_of_files(buckets):
    """{(bucket, name): Handle} that B2SHARE minted for single files; each leads to the file's address."""
    query = db.session.query(RecordMetadata.json).join(RecordsBuckets, RecordsBuckets.record_id == RecordMetadata.id)
    found = query.filter(RecordsBuckets.bucket_id.in_(buckets)).all() if buckets else []
    entries = [entry for (metadata,) in found for entry in (metadata or {}).get("_files", [])]
    return {(one.get("bucket"), one.get("key")): one["ePIC_PID"] for one in entries if one.get("ePIC_PID")}


def _is_held(file_id):
    return any(
        db.session.query(model.file_id).filter(model.file_id == file_id).first() is not None
        for model in (ObjectVersion, MultipartObject)
    )


def _empty(bucket):
    """Delete everything in a bucket. A record's own goes too: B2SHARE's records without files have none."""
    was_locked, bucket.locked = bucket.locked, False
    for one in ObjectVersion.get_by_bucket(bucket, versions=True).all():
        one.remove()
    linked = db.session.query(RecordsBuckets).filter(RecordsBuckets.bucket_id == bucket.id)
    if any(link.record.json is None or communities.is_record(link.record.json) for link in linked):
        linked.delete()
        db.session.flush()
        bucket.remove()
        return
    bucket.size, bucket.locked, bucket.deleted = 0, was_locked, False


def _metadata(uuids):
    query = db.session.query(RecordMetadata).filter(RecordMetadata.id.in_(uuids), RecordMetadata.json.isnot(None))
    return query.order_by(RecordMetadata.id).all() if uuids else []


def _forget_files(pid):
    """Have the metadata of a PID list no file; nothing else of it changes, and no hook takes it for an edit."""
    query = db.session.query(RecordMetadata).filter(_said("_deposit", "id") == pid)
    for row in query.order_by(RecordMetadata.id).with_for_update():
        metadata = dict(row.json, _deposit=dict(row.json["_deposit"]))
        metadata["_deposit"].pop("external_pids", None)
        if "_files" in metadata:
            # eudatcore fails without it
            metadata["_files"] = []
        if metadata != row.json:
            row.json = metadata
