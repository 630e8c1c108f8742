"""The view ``image``."""

from __future__ import annotations

from io import BytesIO

from wireglass.content.text import has_binary
from wireglass.content.views import LOOK, Body, View, ViewError
from wireglass.content.views.body_text import START

_FORMATS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (8, b"WEBPVP8", "WebP"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"jP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\0\0\1\0", "ICO"),
)
"""(where, bytes, name): WHATWG MIME Sniffing 6.1, and the formats since."""


class ImageView:
    """Images (image/png, jpeg, gif, webp, avif, bmp, tiff, ico): format, width x height, size."""

    name = "image"

    def fits(self, body: Body) -> int:
        if body.type.startswith("image/") and body.type != "image/svg+xml":
            return 5
        if body.type not in ("", "application/octet-stream"):
            return 0
        start = body.data[:LOOK]
        return 3 if _format(start) and has_binary(start) else 0  # "BM" begins words as well

    def render(self, body: Body) -> View:
        name = _format(body.data)
        if not name:
            raise ViewError("its first bytes are those of no image format that is known here")
        width, height = _icon(body.data) if name == "ICO" else _measured(body.data)
        if width <= 0 or height <= 0:
            short = "" if body.whole else f": {START}"
            raise ViewError(f"it begins like {name}, but its width and height cannot be read{short}")
        size = f"{len(body.data)} bytes" if body.whole else f"more than {len(body.data)} bytes"
        return View(f"{name}, {width} x {height}, {size}", {"format": name, "width": str(width), "height": str(height)})


def _format(data: bytes) -> str:
    for at, magic, name in _FORMATS:
        if data.startswith(magic, at):
            return name
    return ""


def _measured(data: bytes) -> tuple[int, int]:
    """As stored: without the rotation that a camera noted."""
    import imagesize

    try:
        width, height = imagesize.get(BytesIO(data), exif_rotation=False)
        return int(width), int(height)
    except Exception as error:  # a parser of a dozen formats, on bytes that anybody may have made
        raise ViewError(f"its width and height cannot be read ({type(error).__name__})") from error


def _icon(data: bytes) -> tuple[int, int]:
    """The first image of the file, which imagesize does not read: one byte each, 0 for 256."""
    return (data[6] or 256, data[7] or 256) if len(data) >= 22 else (0, 0)


view = ImageView()
