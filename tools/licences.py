"""List the licence of every installed package, as its metadata says."""

from importlib.metadata import Distribution, distributions


def main() -> None:
    """Print a line for each package: its name, version and licence."""
    installed = {package.name: package for package in distributions()}
    for name in sorted(installed, key=str.lower):
        print(f"{name:30} {installed[name].version:15} {licence(installed[name])}")


def licence(package: Distribution) -> str:
    """Find a package's licence in the three places where metadata may say it."""
    metadata = package.metadata
    fields = {
        name: metadata[name] for name in ("License-Expression", "License") if name in metadata
    }
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    first_line = fields.get("License", "").strip().partition("\n")[0]
    return fields.get("License-Expression") or ", ".join(classifiers) or first_line or "not stated"


if __name__ == "__main__":
    main()
