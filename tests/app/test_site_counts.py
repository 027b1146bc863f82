"""What several hospitals have shared, as a table on the Evaluate page."""

from pathlib import Path

from tests.app.test_evaluate import open_page, table
from tests.models.test_shared_counts import counts


def test_hospitals_are_compared_by_what_they_have_shared(tmp_path: Path) -> None:
    at = open_page(room="Site acceptance")
    for number, name in enumerate(("north", "south")):
        counts(name, number).write(tmp_path / f"{name}.json")
        at.file_uploader(key="shared_files").upload(f"{name}.json", (tmp_path / f"{name}.json").read_bytes())
    at.run()
    assert not at.exception
    assert table(at, "Specificity")["Site"].tolist() == ["north", "south"]
    at.file_uploader(key="shared_files").upload("third.json", b"{}").run()
    assert at.error[0].value.startswith("third.json: does not hold a site's shared counts")
