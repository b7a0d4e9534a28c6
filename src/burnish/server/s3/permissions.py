"""What a request to S3 needs to be allowed: actions on buckets and objects, told from its head.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from burnish.policies.patterns import Context, context_of
from burnish.server.s3.addressing import bucket_of_host
from burnish.server.s3.object_keys import listed_keys
from burnish.server.wire.access import Access
from burnish.server.wire.heads import RequestHead

#: What actions on the parts of a bucket and of an object are called, after Get, Put or Delete.
_OF_BUCKETS = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipcontrols": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policystatus": "BucketPolicyStatus",
    "publicaccessblock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestpayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
_OF_OBJECTS = {
    "acl": "ObjectAcl",
    "attributes": "ObjectAttributes",
    "legal-hold": "ObjectLegalHold",
    "retention": "ObjectRetention",
    "tagging": "ObjectTagging",
}
#: What has an action of its own for being deleted; of all else deleting is putting.
_DELETED = ("policy", "website")
_VERBS = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "POST": "Put", "DELETE": "Put"}

_BUCKET_ACTIONS = {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
_OBJECT_ACTIONS = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
#: Queries that make another action of a request without naming a part.
_OF_QUERIES: Mapping[tuple[bool, str, str], str] = {
    (False, "GET", "uploads"): "ListBucketMultipartUploads",
    (False, "GET", "versions"): "ListBucketVersions",
    (True, "GET", "uploadid"): "ListMultipartUploadParts",
    (True, "DELETE", "uploadid"): "AbortMultipartUpload",
    (True, "PUT", "uploadid"): "PutObject",
    (True, "POST", "uploadid"): "PutObject",
    (True, "POST", "uploads"): "PutObject",
    (True, "POST", "restore"): "RestoreObject",
    (True, "POST", "select"): "GetObject",
    (True, "GET", "versionid"): "GetObjectVersion",
    (True, "HEAD", "versionid"): "GetObjectVersion",
    (True, "DELETE", "versionid"): "DeleteObjectVersion",
}
#: What only narrows, names or signs.
_HARMLESS = {
    "awsaccesskeyid",
    "content-md5",
    "content-type",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "expires",
    "fetch-owner",
    "key-marker",
    "list-type",
    "marker",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "partnumber",
    "prefix",
    "select-type",
    "signature",
    "start-after",
    "upload-id-marker",
    "uploadid",
    "version-id-marker",
    "versionid",
    "x-id",
}
_KEYS_OF_LISTS = {"s3:prefix": "prefix", "s3:delimiter": "delimiter", "s3:max-keys": "max-keys"}


@dataclass(frozen=True)
class _Place:
    bucket: str
    key: str

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}/{self.key}" if self.key else f"arn:aws:s3:::{self.bucket or '*'}"


def needs_of(head: RequestHead, document: bytes = b"") -> Iterator[Access]:
    """The actions that a request comes to; ``document`` is the list of objects to delete, where it is one."""
    place, names = _place_of(head), {name.lower() for name, _ in head.pairs}
    context = _context_of(head)
    if not place.bucket:
        yield Access(action="s3:ListAllMyBuckets", resource=place.arn, context=context)
    elif head.method == "POST" and "delete" in names and not place.key:
        for key in listed_keys(document):
            yield Access(action="s3:DeleteObject", resource=_Place(place.bucket, key).arn, context=context)
    else:
        action = _action_of(head.method, names, has_key=bool(place.key))
        yield Access(action=f"s3:{action}", resource=place.arn, context=context)
    yield from _needs_of_headers(head, place)


def _needs_of_headers(head: RequestHead, place: _Place) -> Iterator[Access]:
    """What headers add: reading the object that is copied, giving tags, giving rights to others."""
    if source := head.header("x-amz-copy-source"):
        bucket, _, key = unquote(source.partition("?")[0]).removeprefix("/").partition("/")
        action = "s3:GetObjectVersion" if "versionId=" in source else "s3:GetObject"
        yield Access(action=action, resource=_Place(bucket, key).arn)
    if "x-amz-tagging" in head.names:
        yield Access(action="s3:PutObjectTagging", resource=place.arn)
    if any(name == "x-amz-acl" or name.startswith("x-amz-grant-") for name in head.names):
        yield Access(action=f"s3:Put{'Object' if place.key else 'Bucket'}Acl", resource=place.arn)


def _action_of(method: str, names: set[str], *, has_key: bool) -> str:
    parts = _OF_OBJECTS if has_key else _OF_BUCKETS
    named = sorted(names & set(parts))
    unknown = names - set(parts) - _HARMLESS - {query for _, _, query in _OF_QUERIES}
    if any(not name.startswith(("x-amz-", "response-")) for name in unknown) or len(named) > 1:
        # What it does is not known here: only those who may do everything may do it.
        return f"{method.title()}{'Object' if has_key else 'Bucket'}Unknown"
    if named:
        deletes = method == "DELETE" and (has_key or named[0] in _DELETED)
        return ("Delete" if deletes else _VERBS.get(method, method.title())) + parts[named[0]]
    of_queries = [_OF_QUERIES.get((has_key, method, name)) for name in sorted(names)]
    actions = _OBJECT_ACTIONS if has_key else _BUCKET_ACTIONS
    return next(filter(None, of_queries), None) or actions.get(method, f"{method.title()}Unknown")


def _place_of(head: RequestHead) -> _Place:
    path = head.path.removeprefix("/")
    if named := bucket_of_host(head):
        return _Place(named, path)
    bucket, _, key = path.partition("/")
    return _Place(bucket, key)


def _context_of(head: RequestHead) -> Context:
    said = {key: head.parameters[name] for key, name in _KEYS_OF_LISTS.items() if name in head.parameters}
    return context_of(said)
