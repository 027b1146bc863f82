"""Which DICOM instances are read: frontal chest radiographs, by their header (PS3.3 C.8.1.1, C.8.11)."""

from pydicom import Dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    SecondaryCaptureImageStorage,
)

SOP_CLASSES: tuple[UID, ...] = (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    SecondaryCaptureImageStorage,
)
MANUFACTURER = "CXR Workbench"
"""Of every result that this program writes; an instance that bears it is never read."""

MODALITIES = ("CR", "DX", "RG")
CAPTURED_MODALITIES = (*MODALITIES, "OT", "SC")  # a digitised film may bear the last two
_BODY_PARTS = ("CHEST", "THORAX", "LUNG")
_FRONTAL = ("AP", "PA")
_OTHER_VIEWS = ("LL", "RL", "LLD", "RLD", "LLO", "RLO", "LATERAL", "LAT", "OBLIQUE")  # those that a reason may name


def is_own_result(ds: Dataset) -> bool:
    """Whether this program wrote the instance, so that an archive that forwards all it gets cannot start a loop."""
    return str(ds.get("Manufacturer", "")).strip() == MANUFACTURER


def refusal(ds: Dataset) -> str | None:
    """Why an instance is not read, by its header, or None. An empty body part or view is accepted: the gate looks.

    The reason repeats only known codes of the header: a field may hold anything, a name as well.
    """
    sop_class = ds.get("SOPClassUID", "")
    if sop_class not in SOP_CLASSES:
        return "not a radiograph; CR, DX and Secondary Capture images are read"
    modality = _code(ds, "Modality")
    accepted = CAPTURED_MODALITIES if sop_class == SecondaryCaptureImageStorage else MODALITIES
    if modality and modality not in accepted:
        named = f"modality {modality}" if len(modality) == 2 else "another modality"
        return f"{named}; {', '.join(accepted)} are read"
    part = _code(ds, "BodyPartExamined")
    if part and not any(known in part for known in _BODY_PARTS):
        return "another body part than the chest; chest films are read"
    view = _code(ds, "ViewPosition")
    if view and view.split()[0] not in _FRONTAL:
        named = f"view {view}" if view in _OTHER_VIEWS else "another view"
        return f"{named}; frontal films, AP and PA, are read"
    return None


def _code(ds: Dataset, keyword: str) -> str:
    """A coded value (VR CS) in capitals."""
    return str(ds.get(keyword) or "").strip().upper()
