"""Hawser, version 1, suite 1: a secure channel over any reliable, ordered stream of bytes."""

from .channel import Channel
from .client import Client
from .events import ConfigurationError, DHRequest, Event, Failure, Misuse, Options
from .primitives import KeyPair
from .records import ALERTS
from .server import Server

__all__ = [
    "ALERTS", "Channel", "Client", "ConfigurationError", "DHRequest", "Event", "Failure", "KeyPair", "Misuse",
    "Options", "Server",
]  # fmt: skip
