"""CXR Workbench: `streamlit run streamlit_app.py`. Imported, it is the server; run, it is the frame of a page."""

if __name__ == "__main__":
    from cxr_core.app.navigation import draw_frame

    draw_frame()
else:
    from streamlit import App

    from cxr_core.app.server import arguments_of_app

    app = App(__file__, **arguments_of_app())
