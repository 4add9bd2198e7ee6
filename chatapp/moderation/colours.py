"""The colour of each state, action and severity in the admin, by the names of unfold's labels; None is grey."""

STATE_COLOURS = {"draft": "info", "shadow": "warning", "enforcing": "success", "retired": None}
ACTION_COLOURS = {
    "flag": "info",
    "warn": "info",
    "review": "info",
    "redact": "warning",
    "replace": "warning",
    "safe_completion": "danger",
    "block": "danger",
    "throttle": "danger",
}
SEVERITY_COLOURS = {1: None, 2: "info", 3: "warning", 4: "danger"}
STANDING_COLOURS = {
    "in_force": "success",
    "approval": "danger",
    "changed": "warning",
    "waiting": "warning",
    "leaving": "danger",
    "out": None,
}
# A second, quieter line in a cell.
SUBTLE_LINE = "block font-normal text-xs text-font-subtle-light dark:text-font-subtle-dark"
