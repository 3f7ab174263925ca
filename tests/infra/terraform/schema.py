"""What hashicorp/aws accepts, read out of an npm package that was generated from the provider.

It is the schema and nothing more: names, types, what is required, how blocks nest. Which values AWS refuses is not known
here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The package's names of types, as Terraform writes them.
STORED = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "booleanList": ["list", "bool"],
    "stringMap": ["map", "string"],
    "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"],
    "stringMapList": ["list", ["map", "string"]],
}
READ = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
}

INTERFACE = re.compile(r"export interface (\w+)[^{]*\{(.*?)\n\}", re.S)
PROPERTY = re.compile(r"\{@link [^ }]*#(\S+) [^}]*\}.*?\*/\s*readonly \w+\??: ([^;]+);", re.S)
WRITER = re.compile(r"function (\w+)ToHclTerraform\(struct\) \{.*?const attrs = \{(.*?)\n    \};", re.S)
ROOT_WRITER = re.compile(r"synthesizeHclAttributes\(\) \{\s*const attrs = \{(.*?)\n        \};", re.S)
WRITTEN = re.compile(
    r'(\w+): \{\s*value: .*?,\s*isBlock: (true|false),\s*type: "(\w+)",\s*storageClassType: "(\w*)",\s*\}', re.S
)
GETTER = re.compile(r"return this\.get(\w*?)Attribute\('(\w+)'\)")
FLAGS = re.compile(r"// (\w+) - computed: (true|false), optional: (true|false), required: (true|false)")
CLASS = re.compile(r"^(?:export )?class (\w+) extends (.*?)^\}", re.M | re.S)
TOP = re.compile(r"class (\w+) extends cdkt[nf]\.Terraform(?:Resource|DataSource|Provider)")
NAMED = re.compile(r'^(resource|data) "(aws_\w+)"', re.M)

# The provider's own blocks have no classes; they are optional.
OPTIONAL = (False, True, False)

Written = dict[str, tuple[bool, str, str]]


def written(body: str) -> Written:
    """What a writer writes: name to (is it a block, how it nests, the type of its values)."""
    return {name: (block == "true", nesting, stored) for name, block, nesting, stored in WRITTEN.findall(body)}


def attribute_type(nesting: str, stored: str) -> Any:
    found = STORED.get(stored, "dynamic")
    return ["set", found[1]] if nesting == "set" and isinstance(found, list) else found


class Binding:
    """One folder of the package: its interfaces say what may be stated, its writers what is a block, its classes the rest."""

    def __init__(self, folder: Path) -> None:
        declared, code = (folder / "index.d.ts").read_text(), (folder / "index.js").read_text()
        self.name = TOP.search(declared)[1]
        self.stated = {name: PROPERTY.findall(body) for name, body in INTERFACE.findall(declared)}
        self.classes = dict(CLASS.findall(code))
        self.writers = {name[0].upper() + name[1:]: written(body) for name, body in WRITER.findall(code)}
        root = ROOT_WRITER.search(code)
        self.writers[f"{self.name}Config"] = written(root[1]) if root else {}

    def schema(self) -> dict:
        return self.block(f"{self.name}Config", self.classes[self.name])

    def block(self, interface: str, code: str) -> dict:
        writer = self.writers.get(interface, {})
        flags = {name: tuple(flag == "true" for flag in stated) for name, *stated in FLAGS.findall(code)}
        # What is only read comes first, so that what may be stated has the type that it is stated with.
        types: dict[str, Any] = {name: READ.get(kind, "dynamic") for kind, name in GETTER.findall(code) if name in flags}
        blocks = {}
        for name, declared in self.stated[interface]:
            is_block, nesting, stored = writer.get(name, (False, "simple", ""))
            if is_block:
                types.pop(name, None)
                blocks[name] = self.nested(declared, nesting, flags.get(name, OPTIONAL)[2])
            else:
                types[name] = attribute_type(nesting, stored)
        attributes = {
            name: {"type": kind} | dict(zip(("computed", "optional", "required"), flags.get(name, OPTIONAL)))
            for name, kind in types.items()
        }
        return {"attributes": attributes, "block_types": blocks}

    def nested(self, declared: str, nesting: str, required: bool) -> dict:
        inner = re.sub(r"\[\]|cdkt[nf]\.IResolvable|\||\s", "", declared)
        return {
            "nesting": nesting if nesting in ("list", "set") else "single",
            "min": int(required),
            "max": 0 if "[]" in declared else 1,
            "block": self.block(inner, self.classes.get(f"{inner}OutputReference", "")),
        }


def named(folders: list[Path]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for file in sorted(folder.rglob("*.tf")):
            yield from NAMED.findall(file.read_text())


def extract(lib: Path, folders: list[Path]) -> dict:
    """The provider, and each resource and data source that the .tf files of the folders and below name."""
    found: dict = {"provider": Binding(lib / "provider").schema(), "resource": {}, "data": {}}
    for kind, name in sorted(set(named(folders))):
        folder = lib / (("data-" + name if kind == "data" else name.removeprefix("aws_")).replace("_", "-"))
        # One that the provider does not have is left out: Terraform itself says so, and where.
        if folder.is_dir():
            found[kind][name] = Binding(folder).schema()
    return found
