"""What came of trying something many times."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """How often something was tried, and each time that it was lost, in a sentence.

    Attributes
    ----------
    what
        What was tried.
    tried
        How often.
    lost
        What went wrong, each time that something did.
    notes
        What else is worth telling.
    """

    what: str
    tried: int = 0
    lost: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, fault: str | None) -> None:
        """Count one more time, and what went wrong, if something did."""
        self.tried += 1
        if fault:
            self.lost.append(fault)

    def row(self) -> str:
        """Lay it out as a row of a table."""
        return (
            f"| {self.what} | {self.tried:,} | {self.tried - len(self.lost):,} | {len(self.lost)} |"
        )
