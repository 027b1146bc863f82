"""The released model, for the tests of evaluations."""

import pytest

from cxr_core.models.registry import Model, find_model


@pytest.fixture
def model() -> Model:
    return find_model()
