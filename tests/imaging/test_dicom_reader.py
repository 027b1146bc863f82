"""DICOM files become films: polarity, look-up tables, windows, transfer syntaxes, and refusals with their reason."""

import io
import re
import struct
import time
import zlib
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import apply_voi_lut, apply_windowing
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    generate_uid,
)

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging import dicom_display
from cxr_core.imaging import dicom_reader as dicom
from cxr_core.imaging.decode import ACCEPTED, decode_film, read_film, sniff
from cxr_core.imaging.film import Film

RAMP_12 = np.linspace(0, 4095, 32 * 48).reshape(32, 48).astype(np.uint16)


def bundled(name: str) -> bytes:
    """One of pydicom's own test files; the larger ones come with pydicom-data."""
    with open(str(get_testdata_file(name)), "rb") as file:  # noqa: PTH123
        return file.read()


def dataset(pixels: np.ndarray = RAMP_12, bits: int = 12, syntax: UID = ExplicitVRLittleEndian, **tags: Any) -> Dataset:
    """A digital X-ray of those stored values; `tags` are further elements by keyword."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = DigitalXRayImageStorageForPresentation
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid(entropy_srcs=["film"])
    ds.Modality, ds.PhotometricInterpretation = "DX", "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.ndim == 3:
        ds.PhotometricInterpretation, ds.PlanarConfiguration = "RGB", 0
    ds.BitsAllocated = 8 * pixels.dtype.itemsize
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    stored_as = pixels.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")
    ds.PixelData = pixels.astype(stored_as).tobytes()
    ds["PixelData"].VR = "OW" if pixels.dtype.itemsize == 2 else "OB"
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    return ds


def saved(ds: Dataset) -> bytes:
    """The file's bytes, with preamble."""
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def film_of(pixels: np.ndarray = RAMP_12, bits: int = 12, **tags: Any) -> Film:
    return decode_film(saved(dataset(pixels, bits, **tags)), "film.dcm")


def refusal(data: bytes) -> str:
    """The sentence with which the bytes are refused."""
    with pytest.raises(UnreadableFilm) as caught:
        decode_film(data, "film.dcm")
    sentence = str(caught.value)
    assert sentence.startswith("film.dcm: ")
    assert sentence.endswith(f"; accepted are {ACCEPTED}.")
    assert "\n" not in sentence
    return sentence


def table(entries: np.ndarray, first: int, bits: int) -> Dataset:
    """One item of a modality or VOI LUT sequence."""
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 2**16, first, bits]
    item["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    item.add_new("LUTData", "OW", entries.astype("u1" if bits == 8 else "<u2").tobytes())
    return item


def test_a_real_chest_film_is_bright_where_bone_is() -> None:
    film = read_film(str(get_testdata_file("RG1_UNCR.dcm")))
    height, width = film.pixels.shape
    assert (height, width) == (1955, 1841)

    def mean(top: float, bottom: float, left: float, right: float) -> float:
        rows, columns = slice(int(top * height), int(bottom * height)), slice(int(left * width), int(right * width))
        return float(film.pixels[rows, columns].mean())

    spine, right_lung, left_lung = mean(0.3, 0.6, 0.47, 0.53), mean(0.2, 0.4, 0.2, 0.35), mean(0.2, 0.4, 0.62, 0.8)
    air, belly = mean(0.02, 0.08, 0.01, 0.08), mean(0.85, 0.95, 0.3, 0.7)
    assert spine > right_lung + 30
    assert spine > left_lung + 30
    assert air < min(right_lung, left_lung)
    assert belly > max(right_lung, left_lung)  # the right way up: the abdomen lies at the bottom
    assert film.source.format == "DICOM"
    assert film.source.bits == 15
    assert film.source.steps == ("window centre 15000, width 30000 (LINEAR)", "inverted (MONOCHROME1)")
    assert film.source.header["ViewPosition"] == "PA"
    assert film.source.header["BodyPartExamined"] == "CHEST"


def test_jpeg_2000_of_the_same_real_film_is_equal_or_close() -> None:
    original = decode_film(bundled("RG3_UNCR.dcm"), "a").pixels
    assert np.array_equal(decode_film(bundled("RG3_J2KR.dcm"), "a").pixels, original)
    lossy = decode_film(bundled("RG3_J2KI.dcm"), "a").pixels
    assert 0 < np.abs(lossy.astype(int) - original).mean() < 1
    chest = decode_film(bundled("RG1_UNCR.dcm"), "a").pixels
    assert np.array_equal(decode_film(bundled("RG1_J2KR.dcm"), "a").pixels, chest)
    assert np.abs(decode_film(bundled("RG1_J2KI.dcm"), "a").pixels.astype(int) - chest).mean() < 1


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
@pytest.mark.parametrize("signed", [False, True])
def test_native_transfer_syntaxes_give_the_same_film(syntax: UID, signed: bool) -> None:
    stored = (RAMP_12.astype(int) - 2048).astype(np.int16) if signed else RAMP_12
    centre = 0 if signed else 2048
    ds = dataset(stored, 12, syntax, WindowCenter=centre, WindowWidth=4096)
    film = decode_film(saved(ds), "a")
    assert np.abs(film.pixels - RAMP_12 / 4095 * 255).max() <= 0.5 + 1e-9
    assert film.source.header["TransferSyntax"] == syntax.name


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_compression_changes_nothing(syntax: UID, bits: int) -> None:
    stored = np.linspace(0, 2**bits - 1, 32 * 48).reshape(32, 48).astype(np.uint8 if bits == 8 else np.uint16)
    ds = dataset(stored, bits, WindowCenter=2 ** (bits - 1), WindowWidth=2**bits)
    native = decode_film(saved(ds), "a").pixels
    ds.compress(syntax, generate_instance_uid=False)
    assert np.array_equal(decode_film(saved(ds), "a").pixels, native)


def test_near_lossless_jpeg_ls_stays_within_its_error() -> None:
    ds = dataset(WindowCenter=2048, WindowWidth=4096)
    native = decode_film(saved(ds), "a").pixels
    ds.compress(JPEGLSNearLossless, jls_error=32, generate_instance_uid=False)
    assert np.abs(decode_film(saved(ds), "a").pixels.astype(int) - native).max() <= 3


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("SC_jpeg_no_color_transform.dcm", 8),  # JPEG baseline, RGB
        ("JPGExtended.dcm", 12),
        ("JPGLosslessP14SV1_1s_1f_8b.dcm", 8),
        ("JPEG-LL.dcm", 16),
        ("SC_ybr_full_422_uncompressed.dcm", 8),
        ("OT-PAL-8-face.dcm", 8),
        ("mlut_18.dcm", 12),
        ("image_dfl.dcm", 8),
    ],
)
def test_bundled_files_of_other_kinds_are_read(name: str, bits: int) -> None:
    film = decode_film(bundled(name), name)
    assert film.source.bits == bits
    assert film.pixels.std() > 0.5


def test_monochrome_1_and_presentation_lut_shape_invert_once() -> None:
    window: dict[str, Any] = {"WindowCenter": 2048, "WindowWidth": 4096}
    upright = film_of(**window).pixels
    inversions: list[dict[str, Any]] = [
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"PresentationLUTShape": "INVERSE"},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "IDENTITY"},
    ]
    for tags in inversions:
        inverted = film_of(**window, **tags)
        assert np.abs(inverted.pixels.astype(int) - (255 - upright.astype(int))).max() <= 1
        assert inverted.source.steps[-1].startswith("inverted (")
    assert np.array_equal(film_of(**window, PresentationLUTShape="IDENTITY").pixels, upright)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("centre", "width"), [(2048, 4096), (1000, 500), (1234.5, 77.3), (300, 2)])
def test_windows_agree_with_pydicom(function: str, centre: float, width: float) -> None:
    ds = dataset(WindowCenter=centre, WindowWidth=width, VOILUTFunction=function)
    expected = apply_windowing(RAMP_12, ds) / 4095 * 255
    assert np.abs(decode_film(saved(ds), "a").pixels - expected).max() <= 0.5 + 1e-9


def test_a_window_counts_in_rescaled_values_and_the_first_of_several_is_taken() -> None:
    ds = dataset(RescaleSlope="2", RescaleIntercept="-1000", WindowCenter=["3000", "10"], WindowWidth=["4000", "20"])
    film = decode_film(saved(ds), "a")
    expected = np.clip((RAMP_12 * 2.0 - 1000 - 2999.5) / 3999 + 0.5, 0, 1) * 255
    assert np.abs(film.pixels - expected).max() <= 0.5 + 1e-9
    assert film.source.steps == ("rescale slope 2, intercept -1000", "window centre 3000, width 4000 (LINEAR)")


def test_a_negative_slope_turns_the_film_round() -> None:
    film = film_of(RescaleSlope="-1", RescaleIntercept="4095", WindowCenter=2048, WindowWidth=4096)
    assert film.pixels[0, 0] == 255
    assert film.pixels[-1, -1] == 0


def test_a_window_of_width_one_is_a_threshold() -> None:
    values = np.array([99, 100, 101])
    assert dicom_display.apply_window(values, 100, 1, "LINEAR").tolist() == [0, 1, 1]


def test_an_unknown_window_function_is_refused() -> None:
    assert "unknown VOI LUT function 'LOG'" in refusal(
        saved(dataset(WindowCenter=1, WindowWidth=9, VOILUTFunction="LOG"))
    )


@pytest.mark.parametrize(
    "tags", [{"WindowCenter": 50000, "WindowWidth": 10}, {"WindowCenter": 9, "WindowWidth": 0}, {}]
)
def test_without_a_usable_window_robust_percentiles_are_stretched(tags: dict) -> None:
    stored = np.random.default_rng(0).integers(1000, 2000, (64, 64)).astype(np.uint16)
    stored[0, :4] = 4095  # a lead letter
    film = film_of(stored, **tags)
    low, high = np.percentile(stored, [0.5, 99.5])
    assert np.abs(film.pixels - np.clip((stored - low) / (high - low), 0, 1) * 255).max() < 2
    assert film.source.steps[-1] == "no window: percentiles 0.5 to 99.5 stretched"
    assert ("window of no contrast ignored" in film.source.steps) == (tags.get("WindowWidth") == 10)


def test_eight_bits_without_a_window_stay_as_they_are() -> None:
    stored = np.random.default_rng(0).integers(40, 90, (32, 32)).astype(np.uint8)
    film = film_of(stored, 8)
    assert np.array_equal(film.pixels, stored)
    assert film.source.steps == ()


def test_a_film_of_one_value_is_black_and_no_failure() -> None:
    assert np.unique(film_of(np.full((32, 32), 700, np.uint16)).pixels) == 0


def test_padding_is_black_in_either_polarity_and_leaves_the_range_alone() -> None:
    stored = np.random.default_rng(0).integers(1000, 2000, (64, 64)).astype(np.uint16)
    stored[:, :20] = 4000
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        ds = dataset(stored, PhotometricInterpretation=photometric)
        ds.add_new("PixelPaddingValue", "US", 4000)
        ds.add_new("PixelPaddingRangeLimit", "US", 4095)
        film = decode_film(saved(ds), "a")
        assert np.unique(film.pixels[:, :20]) == 0
        assert film.pixels[:, 20:].min() == 0
        assert film.pixels[:, 20:].max() == 255
        assert film.source.steps[-1] == "padding set to black"


def test_a_film_of_nothing_but_padding_keeps_its_pixels() -> None:
    ds = dataset(np.full((32, 32), 255, np.uint8), 8)
    ds.add_new("PixelPaddingValue", "US", 255)
    assert np.unique(decode_film(saved(ds), "a").pixels) == 255


@pytest.mark.parametrize("first", [0, 500])
def test_a_voi_lut_agrees_with_pydicom_and_comes_before_a_window(first: int) -> None:
    entries = (np.linspace(0, 1, 3000) ** 2 * 4095).astype(np.uint16)
    ds = dataset(VOILUTSequence=[table(entries, first, 12)], WindowCenter=10, WindowWidth=20)
    film = decode_film(saved(ds), "a")
    expected = apply_voi_lut(RAMP_12, ds) / 4095 * 255
    assert np.abs(film.pixels - expected).max() <= 0.5 + 1e-9
    assert film.source.steps == ("VOI LUT",)


def test_a_voi_lut_of_eight_bit_entries_is_read_beyond_index_255() -> None:
    entries = np.linspace(0, 255, 4096).astype(np.uint8)
    film = film_of(VOILUTSequence=[table(entries, 0, 8)])
    assert np.array_equal(film.pixels, entries[RAMP_12])


def test_a_voi_lut_that_declares_more_bits_than_it_uses_is_not_dark() -> None:
    film = film_of(VOILUTSequence=[table(np.arange(4096), 0, 16)])
    assert film.pixels.max() == 255


def test_a_modality_lut_comes_before_the_window() -> None:
    film = film_of(ModalityLUTSequence=[table(4095 - np.arange(4096), 0, 16)], WindowCenter=2048, WindowWidth=4096)
    assert np.abs(film.pixels - (4095 - RAMP_12) / 4095 * 255).max() <= 0.5 + 1e-9
    assert film.source.steps[0] == "modality LUT"


def test_colour_becomes_luminance() -> None:
    colours = np.zeros((32, 32, 3), np.uint8)
    colours[..., 0] = 255
    film = film_of(colours, 8)
    assert np.unique(film.pixels) == 76
    assert film.source.colour
    grey = np.repeat(np.arange(32, dtype=np.uint8)[:, None, None], 32, 1).repeat(3, 2)
    film = film_of(grey, 8)
    assert np.array_equal(film.pixels, grey[..., 0])
    assert not film.source.colour


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_file_without_preamble_and_meta_is_read(syntax: UID) -> None:
    ds = dataset(syntax=syntax, WindowCenter=2048, WindowWidth=4096)
    data = saved(ds)
    meta_length = struct.unpack("<I", data[140:144])[0]
    assert sniff(data[132:]) == "DICOM"
    assert sniff(data[144 + meta_length :]) == "DICOM"
    expected = decode_film(data, "a").pixels
    assert np.array_equal(decode_film(data[132:], "a").pixels, expected)
    assert np.array_equal(decode_film(data[144 + meta_length :], "a").pixels, expected)


def test_the_header_holds_technical_fields_and_nothing_that_identifies() -> None:
    film = film_of(
        PatientName="Secret^Name", PatientID="SECRET-1", PatientBirthDate="19300101", InstitutionName="Secret Hospital",
        StudyDate="20200101", SeriesDescription="Secret", AccessionNumber="SECRET-2", OperatorsName="Secret",
        PatientAge="093Y", PatientSex="F", ViewPosition="PA", BodyPartExamined="CHEST", Manufacturer="ACME\x01X",
        ManufacturerModelName="Model 5", ImagerPixelSpacing=["0.143", "0.143"], StationName="SECRET",
    )  # fmt: skip
    header = film.source.header
    assert header == {
        "TransferSyntax": "Explicit VR Little Endian",
        "Modality": "DX",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PhotometricInterpretation": "MONOCHROME2",
        "PatientSex": "F",
        "PatientAge": "090Y",  # people above 89 are few enough to be found
        "ImagerPixelSpacing": "0.143\\0.143",
        "ManufacturerModelName": "Model 5",
    }
    assert not re.search("secret|1930|2020", repr(film.source), re.IGNORECASE)


@pytest.mark.parametrize(("age", "kept"), [("034Y", "034Y"), ("090Y", "090Y"), ("101Y", "090Y"), ("006M", "006M")])
def test_ages_are_kept_up_to_ninety(age: str, kept: str) -> None:
    assert film_of(PatientAge=age).source.header["PatientAge"] == kept


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test-SR.dcm", "without an image (Comprehensive SR Storage)"),
        ("rtplan.dcm", "without an image (RT Plan Storage)"),
        ("DICOMDIR", "without an image (Media Storage Directory Storage)"),
        ("SC_rgb_rle_2frame.dcm", "of 2 frames"),
        ("SC_rgb_rle_32bit.dcm", "32 bits in 32"),
        ("liver_1frame.dcm", "1 bits in 1"),
        ("MR_truncated.dcm", "truncated"),
    ],
)
def test_what_is_no_single_image_is_refused_with_its_reason(name: str, words: str) -> None:
    assert words in refusal(bundled(name))


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"Rows": 60_000, "Columns": 60_000}, "60,000 x 60,000 pixels, more than the limit"),
        ({"Rows": 8}, "48 x 8 pixels, less than"),
        ({"NumberOfFrames": 100_000}, "100,000 frames"),
        ({"Rows": 4000, "Columns": 4000}, "truncated"),
        ({"PhotometricInterpretation": "XYZ"}, "truncated, damaged or of an unsupported kind"),
        ({"BitsStored": 0}, "0 bits in 16"),
    ],
)
def test_headers_that_do_not_fit_are_refused_at_once(tags: dict, words: str) -> None:
    data = saved(dataset(**tags))
    began = time.perf_counter()
    assert words in refusal(data)
    assert time.perf_counter() - began < 1


def test_missing_and_floating_point_pixels_are_refused() -> None:
    ds = dataset()
    del ds.PixelData
    assert "pixel data are missing or cut short" in refusal(saved(ds))
    ds.FloatPixelData = np.zeros((32, 48), np.float32).tobytes()
    assert "floating-point" in refusal(saved(ds))


@pytest.mark.parametrize("name", ["RG3_UNCI.dcm", "RG3_J2KI.dcm", "JPGExtended.dcm", "MR_small_RLE.dcm"])
@pytest.mark.parametrize("fraction", [0.02, 0.5, 0.97])
def test_truncated_files_are_refused(name: str, fraction: float) -> None:
    data = bundled(name)
    refusal(data[: int(len(data) * fraction)])


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_compressed_frame_cut_short_inside_a_whole_file_is_refused(syntax: UID) -> None:
    ds = dataset(np.random.default_rng(0).integers(0, 4096, (32, 48)).astype(np.uint16))
    ds.compress(syntax, generate_instance_uid=False)
    frame = get_frame(ds.PixelData, 0, number_of_frames=1)
    half = len(frame) // 2
    ds.PixelData = encapsulate([frame[:half] + bytes(len(frame) - half)])
    assert "compressed image is cut short" in refusal(saved(ds))


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_compressed_frame_of_another_size_is_refused_before_memory_is_taken(syntax: UID) -> None:
    ds = dataset()
    ds.compress(syntax, generate_instance_uid=False)
    if syntax == JPEGLSLossless:
        at, sizes = ds.PixelData.index(b"\xff\xf7") + 5, struct.pack(">HH", 60_000, 60_000)
    else:
        at, sizes = ds.PixelData.index(b"\xff\x4f\xff\x51") + 8, struct.pack(">II", 60_000, 60_000)
    ds.PixelData = ds.PixelData[:at] + sizes + ds.PixelData[at + len(sizes) :]
    assert "compressed image is not 48 x 32" in refusal(saved(ds))


def test_a_run_length_trap_is_refused_fast() -> None:
    ds = dataset()
    ds.compress(RLELossless, generate_instance_uid=False)
    ds.PixelData = encapsulate([struct.pack("<16I", 2, 64, 5_000_064, *[0] * 13) + bytes(10_000_000)])
    began = time.perf_counter()
    assert "more run-length data" in refusal(saved(ds))
    assert time.perf_counter() - began < 1


def test_a_deflated_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom, "MAX_BYTES", 1_000_000)
    data = saved(dataset(syntax=DeflatedExplicitVRLittleEndian))
    start = 144 + struct.unpack("<I", data[140:144])[0]
    packer = zlib.compressobj(wbits=-15)
    bomb = data[:start] + packer.compress(bytes(1_000_001)) + packer.flush()
    assert "a deflated DICOM file of more than 1,000,000 bytes" in refusal(bomb)


def test_mutated_files_give_a_film_or_a_refusal_and_no_chatter(capfd: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(7)
    seeds = [bundled("JPGExtended.dcm"), bundled("SC_rgb_rle.dcm"), saved(dataset(WindowCenter=9, WindowWidth=9))]
    for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        ds = dataset()
        ds.compress(syntax, generate_instance_uid=False)
        seeds.append(saved(ds))
    seeds.append(saved(dataset(syntax=DeflatedExplicitVRLittleEndian)))
    seeds.append(saved(dataset(VOILUTSequence=[table(np.arange(64), 0, 16)]))[132:])
    films = 0
    for seed in seeds:
        for _ in range(25):
            data = bytearray(seed)
            for at in random.integers(128, min(len(data), int(random.choice([500, 1200, 10_000]))), 3):
                data[at] = random.integers(256)
            if random.random() < 0.2:
                del data[int(random.integers(1, len(data))) :]
            try:
                films += isinstance(decode_film(bytes(data), "mutant"), Film)
            except UnreadableFilm:
                continue
    assert 20 < films < 190
    assert capfd.readouterr() == ("", "")
