"""The Dataset page in a real browser: open a folder, filter, open a film, find the duplicates, make a split."""

import pytest

from tests.support.faulty_data_set import write_faulty_data_set
from tests.support.streamlit_page import open_tab, wait_until_drawn

WIDE, PHONE = (1280, 900), (390, 844)


def go_to_dataset(page, address) -> None:
    page.goto(f"{address}/dataset")
    page.get_by_role("heading", name="Dataset", exact=True).wait_for()


@pytest.fixture
def opened(page, address, tmp_path):
    """The Dataset page with a data set of forty kinds of faults open."""
    root = write_faulty_data_set(tmp_path / "set")
    go_to_dataset(page, address)
    page.get_by_role("textbox", name="Data set folder").fill(str(root))
    page.get_by_test_id("stForm").get_by_role("button", name="Open", exact=True).click()
    wait_until_drawn(page, page.get_by_role("tab", name="Overview"))
    yield page
    assert page.get_by_test_id("stException").count() == 0


def test_the_demo_set_opens_from_the_empty_page(page, address):
    go_to_dataset(page, address)
    page.get_by_text("Open a folder of chest X-rays to see").wait_for()
    page.get_by_role("button", name="Use the demo set").click()
    page.get_by_text("synthetic films, computer-generated").wait_for()
    page.get_by_text("129", exact=True).wait_for()


def test_a_folder_that_is_no_data_set_is_one_message(page, address):
    go_to_dataset(page, address)
    page.get_by_role("textbox", name="Data set folder").fill("/nowhere/at/all")
    page.get_by_test_id("stForm").get_by_role("button", name="Open", exact=True).click()
    page.get_by_text("/nowhere/at/all: no such folder").wait_for()
    assert page.get_by_text("Traceback").count() == 0


@pytest.mark.parametrize("page", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
def test_the_overview_fits_the_screen_and_its_images_have_alternative_texts(opened):
    open_tab(opened, "Overview", opened.get_by_role("button", name="Download table"))
    opened.get_by_text("val has no NORMAL folder.").wait_for()
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    unnamed = "img:not([alt])"
    assert opened.locator(unnamed).count() == 0


def test_filter_and_open_a_film(opened):
    field = opened.get_by_role("searchbox", name="Patient or file")
    open_tab(opened, "Films", field)
    field.fill("sixteen")
    field.press("Enter")
    wait_until_drawn(opened, opened.get_by_text("1 film", exact=True))
    opened.get_by_role("button", name="Open sixteen.png").click()
    dialog = opened.get_by_role("dialog")
    dialog.get_by_text("224 x 224 pixels").wait_for()
    dialog.get_by_text("PNG, 16 bits").wait_for()


def test_find_the_duplicates(opened):
    kind = opened.get_by_role("button", name="Exact duplicates").or_(
        opened.get_by_role("radio", name="Exact duplicates")
    )
    open_tab(opened, "Faults", kind)
    kind.first.click()
    opened.get_by_text("of files with the same bytes").wait_for()
    opened.get_by_role("button", name="Open copy of a normal one.jpeg").wait_for()


def test_find_films_that_are_not_frontal_chest_films(opened):
    find = opened.get_by_role("button", name="Find what is not a frontal chest film")
    open_tab(opened, "Faults", find)
    find.click()
    opened.get_by_text("films that Diagnose would refuse to read").wait_for()
    opened.get_by_role("button", name="Open no chest.png").wait_for()


def test_the_name_of_a_film_is_shown_as_it_is(opened):
    field = opened.get_by_role("searchbox", name="Patient or file")
    open_tab(opened, "Films", field)
    field.fill("red[")
    field.press("Enter")
    wait_until_drawn(opened, opened.get_by_text("1 film", exact=True))
    opened.get_by_role("button", name="Open <b>:red[$x$]<b>.jpeg").click()
    opened.get_by_role("dialog").get_by_text("train/PNEUMONIA/<b>:red[$x$]<b>.jpeg").first.wait_for()


def test_shortcuts_have_messages(opened):
    open_tab(opened, "Shortcuts", opened.get_by_text("The median brightness is"))
    opened.get_by_text("Mean PNEUMONIA film", exact=True).wait_for()


def save_a_split(page) -> None:
    open_tab(page, "Split", page.get_by_text("Leakage of this split"))
    page.get_by_role("button", name="Save split").click()
    page.get_by_text("Saved as 70-15-15").wait_for()


def test_make_a_split(opened):
    save_a_split(opened)
    opened.get_by_role("button", name="Download split.csv").wait_for()


def test_a_saved_split_is_offered_on_train(opened):
    save_a_split(opened)
    opened.get_by_role("link", name="Train").click()
    split = opened.get_by_role("combobox", name="Split")
    wait_until_drawn(opened, split)
    split.click()
    opened.get_by_role("option", name="70-15-15").wait_for()
