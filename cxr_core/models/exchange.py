"""A model folder as one signed zip: export, and import on another machine.

    NAME.zip     manifest.json     name, version and the sha256 of every file
                 signature.json    Ed25519 over the bytes of manifest.json, and the public key
                 card.json, model.keras, model.tflite, ...

Tables of films (`split.csv`, `label_audit.csv`, evaluations) name patients' films and stay on this machine. What is
imported is checked by size, name, sha256 and signature before a byte of it lies among the models.
"""

import hashlib
import io
import json
import logging
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self
from uuid import uuid4

from cxr_core.errors import CXRError, SettingsError, UnusableFile, work_error
from cxr_core.files import sha256_of
from cxr_core.limits import DAMAGED, NETWORK, open_zip
from cxr_core.models.card import ModelCard
from cxr_core.models.manage import check_free
from cxr_core.models.registry import Model
from cxr_core.models.signing import damage_of_trusted_keys, fingerprint, is_signed, is_trusted, sign, trust
from cxr_core.paths import published_models_folder
from cxr_core.records import Fields, Record

_logger = logging.getLogger(__name__)
MANIFEST, SIGNATURE = "manifest.json", "signature.json"
EXPORTED = ("card.json", "model.keras", "model.tflite", "folds.csv", "sources.csv", "CHANGES.md")
FORMER = ("local_evidence.npz",)  # in archives of earlier versions; passed over
NEEDED = ("card.json", "model.keras", "model.tflite")
_FAILURES = re.compile(r"known_failures/[A-Za-z0-9_-]{1,80}\.(png|json)")
_PACKED = (".keras", ".npz", ".png")
_SMALL_BYTES = 1_000_000


class UnknownKey(SettingsError):
    """A model is signed with a key that nobody on this machine has confirmed.

    fingerprint: of that key. damage: a sentence that names the list of confirmed keys, if it is damaged.
    """

    def __init__(
        self, problem: str, *, thing: str = "", accepted: str = "", fingerprint: str = "", damage: str = ""
    ) -> None:
        super().__init__(
            problem, thing=thing, accepted=f"{accepted} ({damage.removesuffix('.')})" if damage else accepted
        )
        self.fingerprint, self.damage = fingerprint, damage


@dataclass(frozen=True)
class _Manifest(Record):
    what: ClassVar[str] = "the manifest of a model"
    name: str
    files: dict[str, str]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Raises ValueError."""
        fields = Fields(values)
        return cls(values, fields.text("name"), {name: fields.part("files").text(name) for name in values["files"]})


def export_model(model: Model) -> bytes:
    """The model as a signed zip, about as large as its folder. Raises CXRError if a file cannot be read."""
    names = [name for name in EXPORTED if (model.folder / name).exists()]
    if model.known_failures.is_dir():
        failures = (f"known_failures/{file.name}" for file in sorted(model.known_failures.iterdir()))
        names += [name for name in failures if _FAILURES.fullmatch(name)]
    files = {name: sha256_of(model.folder / name) for name in names}
    content = _Manifest.from_dict({"name": model.name, "version": model.version, "files": files}).to_dict()
    manifest = json.dumps(content, indent=1).encode()
    public_key, signature = sign(manifest)
    signed = {"algorithm": "Ed25519", "public_key": public_key, "signature": signature}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, manifest)
        archive.writestr(SIGNATURE, json.dumps(signed, indent=1))
        for name in names:
            method = zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED
            archive.write(model.folder / name, name, method)
    return packed.getvalue()


def import_model(archive: bytes | Path, name: str | None = None, confirmed: str = "") -> Model:
    """Add an exported model to this machine's.

    archive: the zip, or its path. name: by default the one it was exported under. confirmed: the fingerprint of its
    key, if a person has compared it with the publisher's; the key is trusted from then on.
    Raises UnusableFile for a file that is not such a zip or was changed, UnknownKey, SettingsError if the name is
    invalid or taken, WorkError if the folder cannot be written.
    """
    thing = archive.name if isinstance(archive, Path) else "the file"
    try:
        with open_zip(archive if isinstance(archive, Path) else io.BytesIO(archive), NETWORK) as packed:
            manifest, public_key = _checked(packed, thing)
            name = name or manifest.name
            check_free(name)
            if not is_trusted(public_key):
                shown = fingerprint(public_key)
                if confirmed.replace(" ", "") != shown.replace(" ", ""):
                    raise UnknownKey(
                        f"is signed with the key {shown}, which is not known on this machine",
                        thing=thing,
                        accepted="compare it with the publisher's and confirm it",
                        fingerprint=shown,
                        damage=damage_of_trusted_keys(),
                    )
                trust(public_key)
            return _unpacked(packed, manifest, name, thing)
    except UnusableFile as error:
        raise error if error.thing else error.about(thing) from error


def _checked(packed: zipfile.ZipFile, thing: str) -> tuple[_Manifest, str]:
    """The manifest and the public key of an archive whose signature and list of files are right."""
    try:
        content = _entry(packed, MANIFEST)
        signed = Fields(json.loads(_entry(packed, SIGNATURE)))
        public_key, signature = signed.text("public_key"), signed.text("signature")
        manifest = _Manifest.from_dict(json.loads(content))
    except DAMAGED as error:
        raise UnusableFile("is not an exported model", thing=thing, accepted="a zip from Models, Export") from error
    if not is_signed(content, public_key, signature):
        raise UnusableFile("its signature is not right: the file was changed", thing=thing)
    listed = sorted(packed.namelist())
    if listed != sorted([MANIFEST, SIGNATURE, *manifest.files]):
        raise UnusableFile("holds other files than it lists: the file was changed", thing=thing)
    if missing := [one for one in NEEDED if one not in manifest.files]:
        raise UnusableFile(f"has no {missing[0]}", thing=thing)
    if wrong := [one for one in manifest.files if one not in EXPORTED + FORMER and not _FAILURES.fullmatch(one)]:
        raise UnusableFile(f"holds {wrong[0][:80]!r}, which is no part of a model", thing=thing)
    return manifest, public_key


def _entry(packed: zipfile.ZipFile, name: str) -> bytes:
    if packed.getinfo(name).file_size > _SMALL_BYTES:
        raise ValueError(f"{name} is too large")
    return packed.read(name)


def _unpacked(packed: zipfile.ZipFile, manifest: _Manifest, name: str, thing: str) -> Model:
    """Write the files to a temporary folder, check them, and put the folder among the models."""
    folder = published_models_folder() / name
    part = folder.with_name(f".{name}.{uuid4().hex[:12]}.part") / name
    try:
        part.mkdir(parents=True)
        for file, sha256 in manifest.files.items():
            if file in FORMER:
                continue
            target = part / file
            target.parent.mkdir(exist_ok=True)
            digest = hashlib.sha256()
            with packed.open(file) as source, target.open("wb") as sink:
                while chunk := source.read(1 << 20):
                    digest.update(chunk)
                    sink.write(chunk)
            if digest.hexdigest() != sha256:
                raise UnusableFile(f"{file} is not the one it lists: the file was changed", thing=thing)
        card = ModelCard.read(part / "card.json")
        Model(part, card.changed(name=name)).write_card()
        Model(part, card).check()
        part.rename(folder)
    except OSError as error:
        raise work_error(folder, "the model folder cannot be written", error) from error
    except DAMAGED as error:
        raise error if isinstance(error, CXRError) else UnusableFile("is damaged", thing=thing) from error
    finally:
        shutil.rmtree(part.parent, ignore_errors=True)
    _logger.info("a model is imported")
    return Model(folder, ModelCard.read(folder / "card.json"))
