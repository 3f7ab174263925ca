"""What a planted mutation is, and how it is written into a copy of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SWITCH = """
/// Whether this mutation is planted: its name is chosen by the environment.
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::disallowed_methods)]
pub(crate) fn planted(name: &str) -> bool {
    static CHOSEN: std::sync::LazyLock<Option<String>> = std::sync::LazyLock::new(|| std::env::var("PLANTED").ok());
    CHOSEN.as_deref() == Some(name)
}
"""


@dataclass(frozen=True)
class Edit:
    """A place in a file. What stands in «» is the expression that another one takes the place of; the rest says where it is."""

    file: str
    text: str
    instead: str

    @property
    def is_statement(self) -> bool:
        """Whether it is a statement, or several, rather than a value."""
        return parts(self.text)[1].endswith(";")


@dataclass(frozen=True)
class Mutation:
    """A fault that somebody could have written."""

    name: str
    stands_for: str
    edits: tuple[Edit, ...]
    unfound: str = ""
    """Why nothing finds it, where nothing does."""


class Misplaced(Exception):
    """A mutation whose text does not stand exactly once where it should."""


def mutation(name: str, stands_for: str, file: str, text: str, instead: str, *more: Edit, unfound: str = "") -> Mutation:
    """A mutation of one place, or of several that only together are a fault."""
    return Mutation(name, stands_for, (Edit(file, text, instead), *more), unfound)


def plant(tree: Path, mutations: list[Mutation]) -> dict[str, str]:
    """The files of a tree with all mutations in them, each behind a switch, so that one build serves them all."""
    planted = [(mutation.name, edit) for mutation in mutations for edit in mutation.edits]
    files = {edit.file: (tree / edit.file).read_text() for _, edit in planted}
    for file, source in files.items():
        files[file] = switched(source, [(name, edit) for name, edit in planted if edit.file == file])
    return with_switches(tree, files)


def with_switches(tree: Path, files: dict[str, str]) -> dict[str, str]:
    """The same files, and what they ask in the library of each crate that has one of them."""
    libraries = {f"{crate_of(tree, file)}/src/lib.rs" for file in files}
    return files | {library: files.get(library, (tree / library).read_text()) + SWITCH for library in libraries}


def switched(source: str, planted: list[tuple[str, Edit]]) -> str:
    """The source with a choice in the place of each expression."""
    choices: dict[tuple[int, int], str] = {}
    for name, edit in planted:
        place = place_of(name, edit, source)
        otherwise = choices.get(place, source[slice(*place)])
        end = ";" if edit.is_statement else ""
        choices[place] = f'(if crate::planted("{name}") {{ {edit.instead} }} else {{ {otherwise} }}){end}'
    end = len(source)
    for (start, stop), choice in sorted(choices.items(), reverse=True):
        if stop > end:
            raise Misplaced(f"two mutations of {planted[0][1].file} overlap: {source[start:stop]}")
        source, end = source[:start] + choice + source[stop:], start
    return source


def place_of(name: str, edit: Edit, source: str) -> tuple[int, int]:
    """Where its expression begins and ends. Its text has to stand in the source exactly once."""
    before, expression, after = parts(edit.text)
    whole = before + expression + after
    if (count := source.count(whole)) != 1:
        raise Misplaced(f"{name}: its text stands {count} times in {edit.file}, and has to stand there once:\n{whole}")
    start = source.index(whole) + len(before)
    return start, start + len(expression)


def parts(text: str) -> tuple[str, str, str]:
    """What stands before the expression, the expression, and what stands after it."""
    if "«" not in text:
        return "", text, ""
    before, rest = text.split("«")
    expression, after = rest.split("»")
    return before, expression, after


def crate_of(tree: Path, file: str) -> str:
    """The folder of the crate that a source belongs to."""
    for folder in Path(file).parents:
        if (tree / folder / "Cargo.toml").exists():
            return str(folder)
    raise Misplaced(f"{file} belongs to no crate")
