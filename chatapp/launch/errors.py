"""What the launcher refuses, each as a typed error whose text tells a person what to do."""


class LaunchError(Exception):
    """The launcher cannot go on. `code` is stable; the text is printed without a stack trace."""

    code = "launch_failed"


class InstallError(LaunchError):
    """Installing requirements or building the front end failed."""

    code = "install_failed"


class DiskSpaceError(LaunchError):
    """The disk is too full for what is about to be downloaded."""

    code = "disk_full"


class PortTakenError(LaunchError):
    """Another program listens on a port this one needs."""

    code = "port_taken"


class AlreadyRunningError(LaunchError):
    """These data are already served by a running instance."""

    code = "already_running"


class NotRunningError(LaunchError):
    """A command that needs a running instance found none."""

    code = "not_running"


class PreparationError(LaunchError):
    """A step before the start (model, migrations, first admin) failed."""

    code = "preparation_failed"


class UnhealthyError(LaunchError):
    """A process did not become healthy in time, or keeps dying."""

    code = "unhealthy"


class RedisUnavailableError(LaunchError):
    """No usable Redis server was found, or it did not start."""

    code = "redis_unavailable"


class ConfigurationError(LaunchError):
    """An environment variable has a value that means nothing."""

    code = "configuration_invalid"
