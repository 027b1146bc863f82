"""A link to /dataset on a cold server: Streamlit's older mechanism runs this script alone, so it draws the frame."""

from cxr_core.ui.frame import draw_frame

draw_frame()
