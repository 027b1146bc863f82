"""The frame around every page: the navigation, the page, the notice."""

from contextvars import ContextVar

import streamlit as st

from cxr_core.app.model_cache import warm_up
from cxr_core.errors import WorkError
from cxr_core.labels import NOTICE
from cxr_core.paths import REPOSITORY

FOCUS = '<style>[data-testid="stTopNavLink"]:focus-visible { outline: 3px solid currentColor; }</style>'
ICON = REPOSITORY / "cxr_core" / "app" / "icon.png"
_inside_frame = ContextVar("inside_frame", default=False)


def require_frame() -> None:
    """Draw the frame and end the script, if the page runs outside it; the first call of every page.

    Until a server has called `st.navigation` once, Streamlit's older mechanism runs the script of a deep link in
    `pages/` alone, without `streamlit_app.py`.
    """
    if not _inside_frame.get():
        draw_frame()
        st.stop()


def draw_frame() -> None:
    """Draw the frame and run the page that the address names."""
    st.set_page_config(page_title="CXR Workbench", page_icon=ICON, layout="wide")
    page = st.navigation(
        [
            st.Page(
                "pages/diagnose.py",
                title="Diagnose",
                icon=":material/radiology:",
                default=True,
                help="Read chest X-rays: pneumonia or normal, how sure, and which places look like it.",
            ),
            st.Page(
                "pages/dataset.py",
                title="Dataset",
                icon=":material/photo_library:",
                help="Look at a data set: how many films of which class, what they look like, what is wrong with them.",
            ),
            st.Page(
                "pages/train.py",
                title="Train",
                icon=":material/model_training:",
                help="Fit a network on a data set, watch it learn, stop it, publish it.",
            ),
            st.Page(
                "pages/evaluate.py",
                title="Evaluate",
                icon=":material/fact_check:",
                help="What a model is worth on a data set, with confidence intervals.",
            ),
            st.Page(
                "pages/models.py",
                title="Models",
                icon=":material/inventory_2:",
                help="The models on this machine, each with its card.",
            ),
        ],
        position="top",
    )
    st.html(FOCUS)
    content, footer = st.container(), st.container()
    footer.caption(NOTICE)
    inside = _inside_frame.set(True)
    try:
        with content:
            page.run()
    except WorkError as error:
        from cxr_core.app.data_set_picker import as_written  # which imports pandas

        content.error(as_written(str(error)), icon=":material/error:")
    finally:
        _inside_frame.reset(inside)
        warm_up()  # last, so that its imports do not compete with the first page's; a page may end by st.stop
