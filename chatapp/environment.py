"""
The environment variables that the settings are made of: name, type, default, and what is said of a wrong value.

Knows no setting of Django's. What each variable means stands in docs/operations.md. The launcher reads its own few
(launch/configuration.py), because it runs before anything is installed.
"""

from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    PositiveInt,
    ValidationError,
)

MAIL_SCHEMES = ("smtp", "smtps", "smtp+tls")


class EnvironmentInvalid(ImproperlyConfigured):
    """Variables have values that mean nothing. Names each, and never a value: some are secrets."""


def _entries(written: object) -> object:
    return [entry.strip() for entry in written.split(",") if entry.strip()] if isinstance(written, str) else written


def _mail_server(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in MAIL_SCHEMES or parts.port == 0:  # a port that is none raises where it is read
        raise ValueError("another scheme")
    return url


def _mail_address(address: str) -> str:
    if not parseaddr(address)[1]:
        raise ValueError("no address in it")
    return address


Names = Annotated[tuple[str, ...], BeforeValidator(_entries)]
FourPeriods = Annotated[tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt], BeforeValidator(_entries)]
ByName = Json[dict[str, dict[str, Any]]]
MailServer = Annotated[str, AfterValidator(_mail_server)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]


class Environment(BaseModel):
    """The variables by their names in lower case. `description` completes "<variable> must be …"."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper)

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65_535, description="a number from 1 to 65535, such as 8000")
    allowed_hosts: Names = ()
    csrf_trusted_origins: Names = ()
    https: bool = Field(default=False, description="0 or 1")
    time_zone: str = "UTC"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="DEBUG, INFO, WARNING, ERROR or CRITICAL"
    )
    debug: bool = Field(default=False, description="0 or 1")

    chatapp_data_dir: Path | None = None
    chatapp_models_dir: Path | None = None
    chatapp_secret_key: str | None = None
    chatapp_secret_key_fallbacks: Names = ()
    chatapp_secret_key_file: Path | None = None
    database_url: str | None = None
    redis_url: str = "redis://127.0.0.1:6379/0"

    account_email_verification: Literal["optional", "mandatory", "none"] = Field(
        "optional", description="optional, mandatory or none"
    )
    sign_up: Literal["open", "closed"] = Field("open", description="open or closed")
    sign_up_rate: str = "20/m/ip"
    trusted_proxy_count: int = Field(0, ge=0, description="a number of proxies, 0 for none")
    email_url: MailServer | None = Field(
        None, description="smtp://, smtps:// or smtp+tls:// with a host and a port, such as smtp://mail.example.org:25"
    )
    default_from_email: MailAddress = Field("chat@localhost", description="an e-mail address")

    chatapp_moderation_second_approval: bool = Field(default=True, description="on or off")
    chatapp_moderation_dry_run_share_limit: float = Field(
        0.01, ge=0.0, le=1.0, description="between 0 and 1, such as 0.01"
    )
    moderation_remote_classifiers: ByName = Field(
        {}, description='JSON, such as {"guard": {"url": "https://guard.example.org/"}}'
    )
    moderation_models: ByName = Field(
        {}, description='JSON, such as {"guard": {"kind": "qwen3guard-gen", "path": "qwen3guard-gen-0.6b"}}'
    )
    evidence_kept_days: FourPeriods = Field(
        (30, 90, 180, 365), description="four numbers of days, such as 30,90,180,365"
    )
    chatapp_model_slug: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """
        An empty variable counts as unset.

        :raises EnvironmentInvalid: see there.
        """
        try:
            return cls.model_validate({name: value for name, value in environ.items() if value})
        except ValidationError as error:
            wrong = dict.fromkeys(str(problem["loc"][0]) for problem in error.errors())
        raise EnvironmentInvalid(" ".join(f"{name} must be {cls._description(name)}." for name in wrong))

    @classmethod
    def _description(cls, variable: str) -> str | None:
        return cls.model_fields[variable.lower()].description
