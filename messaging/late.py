"""What messages wait for, beside their time: upper apps say whether that is late."""

from collections.abc import Callable

from common.registry import Registry

late: Registry[Callable[[], bool]] = Registry("is something late that messages wait for?")
