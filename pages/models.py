"""Models: the models on this machine, each with its card; compare, manage, export and import them."""

import streamlit as st

from cxr_core.app.address import asked_for, name_page, write_address
from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.models.card import show_card
from cxr_core.app.models.compare import show_comparison
from cxr_core.app.models.manage import show_done, show_import
from cxr_core.app.navigation import require_frame
from cxr_core.models.registry import damaged_models, list_models

require_frame()
st.title("Models", anchor=False)
models = list_models()
show_passed_over(damaged_models())
show_done()
if not models:
    st.info("No model is installed. Train one on the Train page and publish it.", icon=":material/info:")
    show_import()
    st.stop()

by_name = {model.name: model for model in models}
if asked := asked_for("model", by_name, "Model") or st.session_state.pop("show_model", None):
    st.session_state.model = asked
if st.session_state.get("model") not in by_name:
    st.session_state.model = models[0].name
if len(models) > 1:
    st.selectbox("Model", list(by_name), key="model")
model = by_name[st.session_state.model]
write_address("model", model.name)
name_page(model.name, "Models")
show_card(model)
if len(models) > 1:
    with st.expander("Compare with another model", icon=":material/compare:"):
        show_comparison(model, [one for one in models if one.name != model.name])
show_import()
