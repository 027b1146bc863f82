"""Models: the models on this machine, each with its card."""

import streamlit as st

from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.models.card import show_card
from cxr_core.app.navigation import require_frame
from cxr_core.models.registry import damaged_models, list_models

require_frame()
st.title("Models")
models = list_models()
show_passed_over(damaged_models())
if not models:
    st.info("No model is installed. Train one on the Train page and publish it.", icon=":material/info:")
    st.stop()

for number, model in enumerate(models):
    if number:
        st.divider()
    show_card(model)
