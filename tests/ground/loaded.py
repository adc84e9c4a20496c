"""When can a page in a browser be played on? When its scripts have run, and not as soon as it can be seen."""

from playwright.sync_api import FrameLocator, Page, expect

_LOADED = """() => document.readyState === 'complete'
    || new Promise(done => addEventListener('load', () => done(true), { once: true }))"""


def loaded(where: Page | FrameLocator) -> None:
    """Returns when the page, or the one in the frame, and its scripts are there."""
    expect(where.get_by_role("heading", level=1)).to_be_visible()
    assert where.locator("html").evaluate(_LOADED)
