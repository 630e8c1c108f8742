from __future__ import annotations

import io

import pytest
from PIL import Image
from tests.content.views.asking import fit, rendered

from wireglass.content.views import ViewError

FORMATS = ["PNG", "JPEG", "GIF", "WebP", "BMP", "TIFF", "AVIF", "ICO"]


def made(format: str, width: int = 97, height: int = 41) -> bytes:
    """By Pillow."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(
        out, format.upper(), **({"sizes": [(width, height)]} if format == "ICO" else {})
    )
    return out.getvalue()


@pytest.mark.parametrize("format", FORMATS)
def test_format_and_size(format: str) -> None:
    data = made(format)
    seen = rendered("image", data)
    assert seen.text == f"{format}, 97 x 41, {len(data)} bytes"
    assert seen.fields == {"format": format, "width": "97", "height": "41"}


def test_the_other_webps() -> None:
    for options in ({"lossless": True}, {"save_all": True, "append_images": [Image.new("RGB", (7, 5), "red")]}):
        out = io.BytesIO()
        Image.new("RGB", (7, 5)).save(out, "WEBP", **options)
        assert rendered("image", out.getvalue()).text.startswith("WebP, 7 x 5, ")


@pytest.mark.parametrize("format", FORMATS)
def test_cut_off(format: str) -> None:
    """A few bytes are too few; the start says as much as the whole."""
    with pytest.raises(ViewError, match="cannot be read"):
        rendered("image", made(format)[: 7 if format == "GIF" else 16], whole=False)
    data = made(format)
    # TIFF may have its directory at the end.
    if format != "TIFF":
        assert rendered("image", data[:-10], whole=False).text == f"{format}, 97 x 41, more than {len(data) - 10} bytes"


def test_damaged() -> None:
    with pytest.raises(ViewError, match="no image format"):
        rendered("image", b"<html>no image</html>", "image/png")
    with pytest.raises(ViewError, match="begins like PNG"):
        rendered("image", b"\x89PNG\r\n\x1a\n" + bytes(100))


def test_what_it_fits() -> None:
    assert fit("image", b"", "image/png") and fit("image", made("PNG"))
    assert not fit("image", b"", "image/svg+xml") and not fit("image", b"BM is how this text begins")
