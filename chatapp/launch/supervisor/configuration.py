"""The text of supervisord's configuration file, from values. Pure."""

import hashlib
import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path

from chatapp.launch.configuration import Configuration
from chatapp.launch.processes import Process, held

MAX_SOCKET_PATH_BYTES = 100  # 104 with the closing zero on macOS, 108 on Linux
LOG_MAX_BYTES = "10MB"
LOG_BACKUPS = 3
# A process that dies at once is tried again after 1 s, 2 s, 3 s …: for days, not for ever.
START_RETRIES = 500

HEAD = """\
[supervisord]
nodaemon=true
silent=true
directory={root}
logfile={logs}/supervisord.log
logfile_maxbytes={log_max_bytes}
logfile_backups={log_backups}
pidfile={run}/supervisord.pid
childlogdir={logs}

[unix_http_server]
file={socket}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

PROGRAM = """
[program:{name}]
command={command}
directory={root}
environment={environment}
priority={priority}
autostart=true
autorestart=true
startsecs=1
startretries={start_retries}
stopsignal=TERM
stopwaitsecs={stop_s}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes={log_max_bytes}
stdout_logfile_backups={log_backups}
"""


def supervisor_configuration(configuration: Configuration, processes: Iterable[Process]) -> str:
    """The whole file. Each process is a group of its own, so that one can be added while the others run."""
    common = {
        "root": _escaped(str(configuration.root)),
        "logs": _escaped(str(configuration.logs_dir)),
        "run": _escaped(str(configuration.run_dir)),
        "log_max_bytes": LOG_MAX_BYTES,
        "log_backups": LOG_BACKUPS,
    }
    head = HEAD.format(socket=_escaped(str(control_socket(configuration))), **common)
    programs = [
        PROGRAM.format(
            name=process.name,
            command=_escaped(shlex.join(held(process, run_dir=configuration.run_dir))),
            environment=",".join(f'{key}="{_escaped(value)}"' for key, value in process.environment.items()),
            priority=process.priority,
            stop_s=process.stop_s,
            start_retries=START_RETRIES,
            **common,
        )
        for process in processes
    ]
    return head + "".join(programs)


def control_socket(configuration: Configuration) -> Path:
    """Where supervisord listens: in the data folder, or in the temporary one if that path is too long for a socket."""
    inside = configuration.run_dir / "supervisor.sock"
    if len(str(inside).encode()) <= MAX_SOCKET_PATH_BYTES:
        return inside
    short = hashlib.sha256(str(inside).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"chatapp-{short}.sock"


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
