"""The HTML of the models room: each model, what it takes, what can be done with it. Values in, text out."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from page.phrases import LANGUAGES, gigabytes
from page.rendering import commit
from page.standing import Standing, State, Version, versioned
from transcriber.catalogue import ModelSpec

STATES: dict[State, str] = {
    "absent": "not installed",
    "begun": "not whole yet",
    "damaged": "damaged",
    "installed": "installed",
}

PAGES = "https://huggingface.co/"
LICENCES = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}

BY_HAND = "It did not come from this program: somebody put it there. Keep a copy if there is no other."
SHARED = "The Hugging Face cache keeps another {} of it, which stay there."


def head(folder: Path, free_bytes: int, every: Sequence[Standing]) -> str:
    """Where models lie, what they take together, and how much room is left."""
    taken = sum(each.footprint.whole_bytes for each in every)
    return (
        f'<p class="look">Models lie in {escape(str(folder))}. They take {gigabytes(taken)}; '
        f"{gigabytes(free_bytes)} are free on that disk.</p>"
    )


def row(standing: Standing) -> str:
    """One model: what it is, how it stands with it, and buttons."""
    spec = standing.spec
    memory = '<span class="state busy">in memory</span>' if standing.in_memory else ""
    return (
        f'<div class="model" data-state="{standing.state}">'
        f"<h3>{escape(spec.title)} {_state(standing.state)}{memory}</h3>"
        f'<p class="purpose">{escape(spec.purpose)}</p>'
        f'<dl class="facts">{_facts(standing)}</dl>{_versions(standing)}{_buttons(standing)}</div>'
    )


def _state(state: State) -> str:
    return f'<span class="state {state}">{STATES[state]}</span>'


def _facts(standing: Standing) -> str:
    spec, found = standing.spec, standing.footprint
    facts = {"Licence": _licence(spec), "Download": _download(standing)}
    facts |= {"On this disk": gigabytes(found.whole_bytes)} if found.paths else {}
    facts["Languages"] = escape(_languages(spec))
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())


def _languages(spec: ModelSpec) -> str:
    names = sorted(LANGUAGES.get(each, each) for each in spec.languages)
    return names[0] if len(names) == 1 else f"{len(names)}: {', '.join(names)}"


def _licence(spec: ModelSpec) -> str:
    address = LICENCES.get(spec.licence)
    return _link(address, spec.licence) if address else escape(spec.licence)


def _download(standing: Standing) -> str:
    """Its size, and where it comes from."""
    if standing.spec.repository is None:
        return "part of this program"
    source = _link(PAGES + standing.spec.repository, standing.spec.repository)
    return f"{gigabytes(standing.spec.size_bytes)} from {source}"


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(text)}</a>'


# --- versions --------------------------------------------------------------------------------------------------------


def _versions(standing: Standing) -> str:
    """Only with several is there something to choose between."""
    one_alone = len(standing.versions) == 1
    rows = "".join(_version(standing.spec, each, alone=one_alone) for each in standing.versions)
    return f'<ul class="versions" aria-label="Revisions">{rows}</ul>' if rows else ""


def _version(spec: ModelSpec, version: Version, *, alone: bool) -> str:
    name = f"{spec.name}@{version.commit}"
    known = f" ({escape(', '.join(version.names))})" if version.names else ""
    said = f"Revision {commit(version.commit)}{known}, {gigabytes(version.size_bytes)}"
    mend = _does("install", name, "Install again", "lead") if version.state == "damaged" else ""
    remove = "" if alone else _asks(name, f"Remove revision {version.commit[:7]}? {gigabytes(version.size_bytes)} go.")
    broken = _state("damaged") if version.state == "damaged" else ""
    return f"<li><span>{said} {broken}</span>{mend}{remove}</li>"


# --- buttons ---------------------------------------------------------------------------------------------------------


def _buttons(standing: Standing) -> str:
    return f'<div class="bar-of-buttons">{"".join(_actions(standing))}</div>'


def _actions(standing: Standing) -> Iterator[str]:
    name = versioned(standing.spec)
    label = _install_label(standing)
    if label:
        yield _does("install", name, label, "lead" if standing.state != "installed" else "")
    if standing.state in ("installed", "damaged"):
        yield _does("verify", name, "Verify", "")
    if standing.footprint.paths and not standing.is_ours:
        yield _asks(name, _question(standing))


def _install_label(standing: Standing) -> str:
    """A single file is installed once; of a repository there may be a newer version."""
    if standing.is_ours:
        return ""
    labels: dict[State, str] = {"absent": "Install", "begun": "Go on with the download", "damaged": "Install again"}
    if standing.versions:
        return "Update"
    return labels.get(standing.state, "")


def _question(standing: Standing) -> str:
    """Removing asks first."""
    found = standing.footprint
    said = [f"Remove {standing.spec.title}? {gigabytes(found.size_bytes)} will be free again."]
    said += [BY_HAND] if found.by_hand else []
    said += [SHARED.format(gigabytes(found.shared_bytes))] if found.shared_bytes else []
    said += ["It leaves the memory first."] if standing.in_memory else []
    return " ".join(said)


def _does(what: str, name: str, label: str, kind: str) -> str:
    return f'<button type="button" class="{kind}" data-does="{what}" data-model="{escape(name)}">{label}</button>'


def _asks(name: str, question: str) -> str:
    """Opens in its place what asks whether it is meant."""
    return (
        f'<span class="asks"><button type="button" data-ask>Remove</button><span class="sure" role="group">'
        f"<span>{escape(question)}</span>{_does('remove', name, 'Remove', 'stop')}"
        '<button type="button" data-keep>Keep</button></span></span>'
    )


def stop() -> str:
    """Below the bar of what runs."""
    return '<div class="bar-of-buttons"><button type="button" class="stop" data-does="stop">Stop</button></div>'
