"""Is this file a logo? It is read as a picture and written anew, so that nothing but pixels is kept."""

import io

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

MAX_BYTES = 2_000_000
MAX_PIXELS = 4000 * 4000
KEPT_WITHIN = (640, 160)  # twice what is shown, for screens with small pixels
_TYPES = ("PNG", "JPEG", "WEBP")


def read_logo(upload: UploadedFile) -> tuple[bytes, str]:
    """The picture as PNG, and its media type. ValidationError when it is none, or too large."""
    if (upload.size or 0) > MAX_BYTES:
        raise forms.ValidationError(_("The file is larger than 2 MB."))
    try:
        picture: Image.Image = Image.open(upload, formats=_TYPES)
        if picture.width * picture.height > MAX_PIXELS:  # known before anything is unpacked
            raise forms.ValidationError(_("The picture has too many pixels."))
        picture.thumbnail(KEPT_WITHIN)
        written = io.BytesIO()
        picture.convert("RGBA").save(written, format="PNG", optimize=True)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombWarning,
            Image.DecompressionBombError):  # fmt: skip
        raise forms.ValidationError(_("This is no PNG, JPEG or WebP picture that can be read.")) from None
    return written.getvalue(), "image/png"
