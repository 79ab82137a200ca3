"""Write what is installed for nsmc as a bill of materials (CycloneDX 1.6, JSON).

    python scripts/bill_of_materials.py > sbom.json
    python scripts/bill_of_materials.py --extra dev

It follows the requirements of the installed package: what else is in the environment is left out.
"""

import argparse
import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement


def main() -> None:
    """Print the document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--extra", action="append", default=[], help="of nsmc, such as dev")
    print(json.dumps(document(parser.parse_args().extra), indent=1, ensure_ascii=False))


def document(extras: list[str]) -> dict[str, Any]:
    """The bill of materials of nsmc with some of its extras."""
    found: dict[str, dict[str, Any]] = {}
    needs = _collect("nsmc", {*extras}, found)
    root = found.pop("nsmc")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**root, "type": "application"}},
        "components": [found[name] for name in sorted(found)],
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(others)} for ref, others in sorted(needs.items())
        ],
    }


def _collect(name: str, extras: set[str], found: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    """Add a distribution and all that it needs; who needs whom, by package URL."""
    needs: dict[str, set[str]] = {}
    waiting = [(name, extras)]
    while waiting:
        name, extras = waiting.pop()
        try:
            about = distribution(name)
        except PackageNotFoundError:
            continue  # of another platform, or an extra that isn't installed
        found[_normal(name)] = component = _component(about)
        of_this = needs.setdefault(component["bom-ref"], set())
        for text in about.requires or []:
            requirement = Requirement(text)
            marker, other = requirement.marker, _normal(requirement.name)
            if marker and not any(marker.evaluate({"extra": e}) for e in extras | {""}):
                continue
            try:
                of_this.add(_component(distribution(other))["bom-ref"])
            except PackageNotFoundError:
                continue
            if other not in found:
                waiting.append((other, requirement.extras))
    return needs


def _component(about: Any) -> dict[str, Any]:
    name, metadata = _normal(about.metadata["Name"]), about.metadata
    url = f"pkg:pypi/{name}@{about.version}"
    # The older field may hold a whole licence text.
    text = metadata.get("License-Expression") or metadata.get("License") or ""
    licences = [text] if 0 < len(text) < 60 else []
    if not licences:
        kinds = metadata.get_all("Classifier") or []
        licences = [kind.rpartition(" :: ")[2] for kind in kinds if kind.startswith("License ::")]
    return {
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": about.version,
        "purl": url,
        "licenses": [{"license": {"name": licence}} for licence in licences],
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
