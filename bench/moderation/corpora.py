"""The sets that the moderation benchmarks read, in one folder given by the caller. Offensive on purpose."""

import csv
import re
from pathlib import Path


def hatecheck(data: Path) -> list[dict[str, str]]:
    with (data / "hatecheck-en" / "test_suite_cases.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def turns(data: Path) -> list[str]:
    return (data / "kdconv-benign" / "messages.txt").read_text(encoding="utf-8").splitlines()


def english(data: Path) -> list[str]:
    words = (data / "ldnoobw" / "en").read_text(encoding="utf-8").splitlines()
    return [word.strip() for word in words if re.fullmatch("[a-z]{2,}", word.strip())]


def chinese(data: Path) -> list[str]:
    words = (data / "ldnoobw" / "zh").read_text(encoding="utf-8").splitlines()
    return [word.strip() for word in words if re.fullmatch("[\u4e00-\u9fff]{2,}", word.strip())]


def houbb(data: Path) -> list[str]:
    words = (data / "houbb-dict" / "dict_v20240407.txt").read_text(encoding="utf-8").splitlines()
    return [word for word in words if re.fullmatch("[\u4e00-\u9fff]{2,4}", word)]
