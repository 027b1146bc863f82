"""The frame around every page: the navigation, the page, the notice."""

import copy
import logging
from base64 import b64encode
from contextvars import ContextVar
from functools import cache
from typing import Any

import streamlit as st

from cxr_core.app.account import end_when_idle, signed_in_account
from cxr_core.app.address import HISTORY_SCRIPT, come_to_page, name_page, written_last
from cxr_core.app.components.jobs import show_jobs
from cxr_core.app.diagnose.language import session_language, speaking
from cxr_core.app.diagnose.styles import styles
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import WorkError, missing_package
from cxr_core.labels import NOTICE
from cxr_core.languages import ENGLISH, in_language
from cxr_core.log import SurpriseFilter, configure_logging, log_surprise, surprise_in_words
from cxr_core.paths import REPOSITORY

STYLE = """<style>
[data-testid="stTopNavLink"]:focus-visible { outline: 3px solid currentColor; }
[data-testid="stMainBlockContainer"] { padding-top: 4.1rem; padding-bottom: 2rem; }
[data-testid="stMainBlockContainer"] h1 { padding: 0 0 0.35rem; font-size: 1.9rem; }
[data-testid="stTable"] :is(td, td *) { white-space: normal; overflow-wrap: anywhere !important; }
@media (prefers-color-scheme: dark) {
  [data-testid^="stBaseButton-primary"], [data-testid^="stBaseButton-primary"] *,
  [data-testid="stMultiSelectTagsContainer"] span[title], [data-testid="stMultiSelectTagsContainer"] span[title] ~ * {
    color: #0e1319;
  }
}
.st-key-jobs_button { position: fixed; top: 0.7rem; right: 3.2rem; width: auto !important; z-index: 999991; }
</style>"""
ICON = REPOSITORY / "cxr_core" / "app" / "icon.png"
_logger = logging.getLogger(__name__)
_inside_frame: ContextVar[bool] = ContextVar("inside_frame", default=False)


def require_frame() -> None:
    """Draw the frame and end the script if the page runs without it; the first call of every page.

    Until a server has called `st.navigation` once, Streamlit serves a link to a page by its older mechanism: it runs
    the script in `pages/` alone, without `streamlit_app.py`.
    """
    if not _inside_frame.get():
        draw_frame()
        st.stop()


def _keep_messages_out_of_the_log() -> None:
    """Streamlit logs what fails in a fragment, outside the frame, with its message: it may hold a name."""
    streamlit_logger = logging.getLogger("streamlit.error_util")
    if not any(isinstance(present, SurpriseFilter) for present in streamlit_logger.filters):
        streamlit_logger.addFilter(SurpriseFilter())


def _pages() -> list[Any]:
    """The pages, new for each run: Streamlit lets a page be run once."""
    return [copy.copy(page) for page in _first_pages()]


@cache
def _first_pages() -> list[Any]:
    return [
        st.Page(
            "pages/diagnose.py",
            title="Diagnose",
            icon=":material/radiology:",
            default=True,
            help="Read chest X-rays: pneumonia or normal, with probability and heatmap.",
        ),
        st.Page(
            "pages/dataset.py",
            title="Dataset",
            icon=":material/photo_library:",
            help="Explore a data set: class counts, sample films, shortcuts and faults.",
        ),
        st.Page(
            "pages/train.py",
            title="Train",
            icon=":material/model_training:",
            help="Train a network on a data set: start, monitor, stop and publish runs.",
        ),
        st.Page(
            "pages/evaluate.py",
            title="Evaluate",
            icon=":material/fact_check:",
            help="Measure a model on a data set, with confidence intervals.",
        ),
        st.Page(
            "pages/models.py",
            title="Models",
            icon=":material/inventory_2:",
            help="The models on this machine, with their model cards.",
        ),
    ]


@cache
def _script(language: str) -> str:
    """What the browser runs on every page; screen readers speak the language of the document."""
    return f"<script>document.documentElement.lang = '{language}'\n{HISTORY_SCRIPT}</script>"


@cache
def _icon() -> str:
    """The icon as an address: of a file Streamlit would compute the hash in every run."""
    return f"data:image/png;base64,{b64encode(ICON.read_bytes()).decode()}"


def draw_frame() -> None:
    """Draw the frame and run the page of the current URL; a WorkError of the page is shown as a message."""
    configure_logging("app")
    _keep_messages_out_of_the_log()
    st.set_page_config(page_icon=_icon(), layout="wide")
    person = signed_in_account()
    page = st.navigation(_pages()[: None if person.may_research else 1], position="top")
    name_page(page.title)
    come_to_page(page.title)
    end_when_idle()
    language = session_language()
    diagnose = page.title == "Diagnose"
    st.html(STYLE + (styles() if diagnose else ""))
    above, content, footer = st.container(), st.container(), st.container()
    of_page = language if diagnose else ENGLISH
    footer.caption(in_language(NOTICE, of_page))
    footer.html(_script(of_page), unsafe_allow_javascript=True)
    inside = _inside_frame.set(True)
    try:
        if person.may_research:
            with above:
                show_jobs()
        with content, written_last(), speaking(language):
            page.run()
    except ModuleNotFoundError as error:
        if (message := missing_package(error)) is None:
            raise
        content.info(escape_markdown(message), icon=":material/extension:")
    except WorkError as error:
        content.error(escape_markdown(str(error)), icon=":material/error:")
    except Exception as error:
        content.error(surprise_in_words(log_surprise(_logger, error)), icon=":material/error:")
    finally:
        _inside_frame.reset(inside)
