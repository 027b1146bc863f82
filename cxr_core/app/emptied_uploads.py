"""Uploaded files whose bytes the session has taken over: the upload control keeps their names, not their bytes.

Streamlit holds the bytes of every file of an upload control, and copies them all at each run of the script.
"""

from collections.abc import Iterable

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec


def empty(files: Iterable[UploadedFile]) -> None:
    """Let Streamlit forget the bytes of these files of the running session; they can still be removed one by one."""
    context = get_script_run_ctx()
    manager = context and context.uploaded_file_mgr
    if context is None or not isinstance(manager, MemoryUploadedFileManager):
        return
    for file in files:
        file.truncate(0)
        manager.add_file(context.session_id, UploadedFileRec(file.file_id, file.name, file.type, b""))
