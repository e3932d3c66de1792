"""Every error says what happened and to what, and survives the way to another process."""

import inspect
import pickle

import pytest

from transcriber import errors
from transcriber.errors import DiskFullError, MissingModelError, TempCleanupWarning, TranscriberError

EXAMPLES = {"str": "gizmo", "int": 5_000_000_000, "float": 12.5, "tuple": ("gizmo", "gadget")}


def leaves(root: type[Exception]) -> list[type[Exception]]:
    below = root.__subclasses__()
    return [leaf for child in below for leaf in leaves(child)] if below else [root]


def example(leaf: type[Exception]) -> Exception:
    parameters = list(inspect.signature(leaf.__init__).parameters.values())[1:]
    return leaf(*(EXAMPLES[each.annotation.__name__] for each in parameters))


ALL = [example(leaf) for leaf in [*leaves(TranscriberError), TempCleanupWarning]]


def by_name(error: Exception) -> str:
    return type(error).__name__


@pytest.mark.parametrize("error", ALL, ids=by_name)
def test_an_error_survives_pickling_with_its_fields(error):
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert again.args == error.args
    assert vars(again) == vars(error)
    assert str(again) == str(error)


@pytest.mark.parametrize("error", ALL, ids=by_name)
def test_an_error_is_worded_from_its_fields_in_one_line(error):
    message = str(error)

    assert "gizmo" in message or "12.5" in message
    assert message[0].isupper() or message.startswith("gizmo")
    assert message.rstrip().endswith((".", "gizmo"))
    assert "\n" not in message


def test_every_class_of_the_tree_is_known_by_a_docstring():
    classes = [value for value in vars(errors).values() if inspect.isclass(value)]

    assert all(each.__doc__ for each in classes)


def test_a_missing_catalogue_model_names_the_command_that_installs_it():
    assert "python setup_local_models.py parakeet" in str(MissingModelError("parakeet", "models/parakeet.nemo"))


def test_a_missing_file_of_the_users_does_not_send_him_to_the_catalogue():
    assert "setup_local_models" not in str(MissingModelError("/home/me/mine.nemo", "/home/me/mine.nemo"))


def test_a_full_disk_tells_how_much_is_needed_and_how_much_is_free():
    assert "2.50 GB needed, 1.00 GB free" in str(DiskFullError("x", 2_500_000_000, 1_000_000_000))
