"""Reads what classifiers are trained and measured on: labelled tables, harmless lines, and whose they are."""

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from chatapp.moderation.judging.classifiers.training.fitting import Row

# A harmless turn that is flagged costs a person's trust. On the folds, weights of 5, 10 and 20 flagged 3, 3 and 1 of
# 4,868 at 0.5, and the F1 of the labelled rows hardly moved: 0.911, 0.911, 0.910.
HARMLESS_WEIGHT = 20.0


class DatasetUnusable(ValueError):
    """A file that nothing can be learnt from, or that nobody may learn from; says which and why."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose a file is, under which licence, and where it comes from."""

    name: str
    licence: str
    source: str
    language: str


def read_labelled(path: Path) -> list[Row]:
    """
    Read a CSV table with the columns text and label (in any case): 0 safe, 1 offensive.

    :raises DatasetUnusable: for a missing column, another label, or no rows.
    """
    with path.open(encoding="utf-8-sig", newline="") as table:
        reader = csv.DictReader(table)
        columns = {name.lower(): name for name in reader.fieldnames or () if name}
        if not {"text", "label"} <= columns.keys():
            raise DatasetUnusable(f"{path} needs the columns text and label, it has {sorted(columns)}")
        rows = [(record[columns["text"]] or "", record[columns["label"]]) for record in reader]
    if not rows or any(label not in ("0", "1") for _, label in rows):
        raise DatasetUnusable(f"{path} needs rows, each with the label 0 (safe) or 1 (offensive)")
    return [Row(text, int(label)) for text, label in rows]


def read_harmless(path: Path) -> list[Row]:
    """
    Read one harmless text a line; blank lines do not count.

    :raises DatasetUnusable: if there is none.
    """
    rows = [
        Row(line.strip(), 0, HARMLESS_WEIGHT) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()
    ]
    if not rows:
        raise DatasetUnusable(f"{path} has no lines")
    return rows


def read_origins(path: Path) -> dict[str, Origin]:
    """
    Read, by file name, whose the files are.

    :raises DatasetUnusable: if the file is no JSON object of objects with name, licence, source and language.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {str(file_name): Origin(**origin) for file_name, origin in raw.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise DatasetUnusable(f"{path} does not say whose the files are: {error!r}") from error


def described(path: Path, *, origins: Mapping[str, Origin], num_rows: int, use: str) -> dict[str, str | int]:
    """
    What a card says about one file.

    :raises DatasetUnusable: if nobody named its licence.
    """
    if path.name not in origins:
        raise DatasetUnusable(f"nobody says under which licence {path.name} is; add it to the origins")
    digest = sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, **asdict(origins[path.name]), "use": use, "num_rows": num_rows, "sha256": digest}
