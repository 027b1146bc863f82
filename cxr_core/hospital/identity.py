"""UIDs of results, and names of instances on disk and in logs.

Both are derived from the SOP Instance UID, so that the same film always has the same results: an archive that receives
them again stores nothing new, and a name on disk or in a log tells nobody whose film it is.
"""

import hashlib
import io
import uuid

from pydicom import dcmread
from pydicom.uid import UID

_NAMESPACE = uuid.UUID("6c2f0a57-5c39-5d0e-9a8e-3a4c8c0b7d11")  # of this program's results; never change it
LENGTH = 24


def instance_key(sop_instance_uid: str) -> str:
    """The name of an instance on disk and in logs: 24 hexadecimal digits of the sha256 of its SOP Instance UID."""
    return hashlib.sha256(sop_instance_uid.encode()).hexdigest()[:LENGTH]


def key_of_file(data: bytes) -> str:
    """The key of an instance by its file."""
    header = dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
    return instance_key(str(header.SOPInstanceUID))


def result_uid(sop_instance_uid: str, model_version: str, part: str) -> UID:
    """The UID of one part of the results on one instance by one model version.

    part: for example "report" or "report series". The UID is derived from a name-based UUID (RFC 9562, version 5), as
    PS3.5 B.2 allows: "2.25." and the UUID as an integer, at most 44 characters.
    """
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, '|'.join((sop_instance_uid, model_version, part))).int}")
