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
    expression = metadata.get("License-Expression")
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    first_line = (metadata.get("License") or "").strip().partition("\n")[0]
    return expression or ", ".join(classifiers) or first_line or "not stated"


if __name__ == "__main__":
    main()
