"""CXR Workbench: `streamlit run streamlit_app.py`."""

from cxr_core.ui.frame import draw_frame

draw_frame()
