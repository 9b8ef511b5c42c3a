"""QR codes as pictures that a page can hold."""

import asyncio
from io import BytesIO

import segno


async def qr_svg(text: str) -> str:
    """SVG of paths alone, black on white so that it can be read on a dark page too."""
    # Takes some 20 ms, which nobody else is to wait for.
    return await asyncio.to_thread(_drawn, text)


def _drawn(text: str) -> str:
    written = BytesIO()
    segno.make_qr(text, error="m").save(
        written,
        kind="svg",
        scale=4,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    return written.getvalue().decode()
