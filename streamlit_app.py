"""CXR Workbench: `streamlit run streamlit_app.py`."""

from cxr_core.app.navigation import draw_frame

draw_frame()
