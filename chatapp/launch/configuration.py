"""
Where things are and on which ports: the launcher's part of the environment, read once.

Pure: the environment is an argument. What the Django project reads beside this is its own business (`settings.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chatapp.launch.errors import ConfigurationError

CHECKOUT = Path(__file__).resolve().parents[2]
DEFAULT_MODEL_SLUG = "smollm2-135m-instruct"
MAX_PORT = 65535
# What make tells a make that it starts; ours shall print and behave as if a person had started it.
MAKE_VARIABLES = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS")
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One instance of the product: its folders, addresses and the services it was given."""

    root: Path
    data_dir: Path
    models_dir: Path
    secret_key_file: Path
    host: str
    port: int
    redis_port: int
    redis_url: str | None  # None: the embedded server
    database_url: str | None  # None: SQLite in data_dir
    allowed_hosts: tuple[str, ...]  # beside HOST, the names under which people ask for it

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def redis_dir(self) -> Path:
        return self.data_dir / "redis"

    @property
    def default_model_dir(self) -> Path:
        return self.models_dir / DEFAULT_MODEL_SLUG

    @property
    def connect_host(self) -> str:
        """The name under which this machine reaches its own web server."""
        return "127.0.0.1" if self.host in ANY_ADDRESS else self.host

    @property
    def own_name(self) -> str:
        """A name under which the web server answers, also where it is open and ALLOWED_HOSTS says to which names."""
        named = [name.lstrip(".") for name in self.allowed_hosts if name != "*"]
        return named[0] if named and self.host in ANY_ADDRESS else self.connect_host

    @property
    def address(self) -> str:
        return f"http://{self.connect_host}:{self.port}"


def configuration_from_environment(environ: Mapping[str, str], *, root: Path = CHECKOUT) -> Configuration:
    """
    Read the launcher's variables; relative folders are taken from the checkout.

    :raises ConfigurationError: if a port is not a number from 1 to 65535.
    """
    data_dir = _folder(environ.get("CHATAPP_DATA_DIR") or "var", root=root)
    return Configuration(
        root=root,
        data_dir=data_dir,
        models_dir=_folder(environ.get("CHATAPP_MODELS_DIR") or str(data_dir / "models"), root=root),
        secret_key_file=_folder(environ.get("CHATAPP_SECRET_KEY_FILE") or str(data_dir / "secret_key"), root=root),
        host=environ.get("HOST") or "127.0.0.1",
        port=_port(environ, "PORT", default=8000),
        redis_port=_port(environ, "REDIS_PORT", default=8001),
        redis_url=environ.get("REDIS_URL") or None,
        database_url=environ.get("DATABASE_URL") or None,
        allowed_hosts=tuple(name.strip() for name in environ.get("ALLOWED_HOSTS", "").split(",") if name.strip()),
    )


def child_environment(environ: Mapping[str, str], *, configuration: Configuration, redis_url: str) -> dict[str, str]:
    """What every process of the instance is started with: absolute folders and the addresses of its services."""
    child = dict(environ) | {
        "CHATAPP_DATA_DIR": str(configuration.data_dir),
        "CHATAPP_MODELS_DIR": str(configuration.models_dir),
        "CHATAPP_SECRET_KEY_FILE": str(configuration.secret_key_file),
        "HOST": configuration.host,
        "PORT": str(configuration.port),
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "chatapp.settings",  # whatever the caller's own is: tests have another
        "PYTHONUNBUFFERED": "1",
    }
    for name in MAKE_VARIABLES:
        child.pop(name, None)
    return child


def _folder(text: str, *, root: Path) -> Path:
    return (root / Path(text).expanduser()).absolute()


def _port(environ: Mapping[str, str], name: str, *, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_PORT:
        raise ConfigurationError(f"{name} must be a port number from 1 to {MAX_PORT}, got {text!r}.")
    return int(text)
