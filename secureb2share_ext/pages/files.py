"""The described files of a dataset in words. They are in the secure environment; none is in the catalogue. Pure."""

from typing import List, NamedTuple

from ..exports.published import Published
from .language import translate, translate_number
from .words import N_, label

MEDIA_TYPES = {
    "application/gzip": N_("Compressed file (gzip)"),
    "application/json": "JSON",
    "application/octet-stream": N_("Binary file"),
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": N_("Spreadsheet (Excel)"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": N_("Document (Word)"),
    "application/x-spss-sav": N_("Table (SPSS)"),
    "application/x-stata-dta": N_("Table (Stata)"),
    "application/zip": N_("Compressed files (zip)"),
    "audio/mpeg": N_("Sound (MP3)"),
    "audio/wav": N_("Sound (WAV)"),
    "image/tiff": N_("Image (TIFF)"),
    "text/csv": N_("Table (CSV)"),
    "text/plain": N_("Text"),
    "text/tab-separated-values": N_("Table (TSV)"),
    "video/mp4": N_("Video (MP4)"),
}


class File(NamedTuple):
    """A described file."""

    label: str
    about: List[str]  # kind and size in words
    details: List[str]  # name, size and checksum, where the source shows them


def files(shown: Published, language: str) -> List[File]:
    """The described files, as far as the source's setting lets them be shown today."""
    is_full = shown.describe_files == "full"
    return [
        File(entry["label"], _about(entry, language), _details(entry, language) if is_full else [])
        for entry in shown.dataset.files
    ]


def _about(entry, language):
    kind, size = entry.get("media_type"), entry.get("size_band")
    said = [translate(language, MEDIA_TYPES.get(kind, kind)) if kind else ""]
    said.append(label("files.size_band", size, language) if size else "")
    return [text for text in said if text]


def _details(entry, language):
    said = [entry.get("name"), entry.get("checksum")]
    if isinstance(entry.get("size"), int):
        one, many = N_("%(number)s byte"), N_("%(number)s bytes")
        said.insert(1, translate_number(language, one, many, entry["size"]))
    return [text for text in said if text]
