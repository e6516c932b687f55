"""Connection strings: where a server is and which key it has (keys.md, KT-060 to KT-086)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from .keys import KeyTextError, format_public_key, mentions_secret_key, parse_public_key

_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")  # RFC 3986, section 2
_KEY_CHARACTERS = "02-9ac-hj-np-z"


class ConnectionStringError(ValueError):
    """No connection string. It never shows any of the text (KT-020); `fault` names the part at fault."""

    def __init__(self, fault: str, message: str):
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class ConnectionString:
    """Either `host` and `port`, or the `path` of a unix socket."""

    host: str | None = None  # in canonical form; an IPv6 address in brackets
    port: int | None = None
    path: str | None = None
    key: bytes | None = None
    via: bytes | None = None
    context: str = ""

    def __str__(self) -> str:
        """The canonical form (KT-081)."""
        key = "" if self.key is None else format_public_key(self.key) + "@"
        parameters = []
        if self.via is not None and self.via != self.key:
            parameters.append("via=" + format_public_key(self.via))
        if self.context:
            parameters.append("context=" + _quote(self.context))
        if self.path is None:
            where = f"hawser://{key}{self.host}:{self.port}"
        else:
            where = f"hawser+unix://{key}{_quote(self.path, '/')}"
        return where + ("?" + "&".join(parameters) if parameters else "")


def _quote(text: str, safe: str = "") -> str:
    plain = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" + safe).encode()
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in text.encode())


def _decode(text: str) -> str:
    """Percent-decode once, strictly (KT-066)."""
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise ConnectionStringError("ENCODING", "a percent sign without two hexadecimal digits")
    try:
        return re.sub(b"%(..)", lambda m: bytes([int(m[1], 16)]), text.encode()).decode()
    except UnicodeDecodeError:
        raise ConnectionStringError("ENCODING", "encoded bytes that are not UTF-8") from None


def _decode_leniently(text: str) -> str:
    octets = re.sub(b"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode("utf-8", "replace"))
    return octets.decode("latin-1")


def _key(text: str) -> bytes:
    try:
        return parse_public_key(_decode(text))
    except KeyTextError as error:
        raise ConnectionStringError(error.fault, str(error)) from None


def ipv6_text(address: ipaddress.IPv6Address) -> str:
    """As RFC 5952 §4 says, always in hexadecimal groups, which newer versions of `ipaddress` do not keep to (KT-071)."""
    text = str(address)
    if "." not in text:
        return text
    low = int(address) & 0xFFFFFFFF
    return f"{text.rpartition(':')[0]}:{low >> 16:x}:{low & 0xFFFF:x}"


def canonical_host(text: str, percent: str = "%") -> str:
    """A host, decoded, an IPv6 address in its brackets with `percent` before its zone."""
    wrong = ConnectionStringError("HOST", "the host is missing or not valid")
    if text.startswith("["):
        address, there, zone = text[1:-1].partition(percent)
        if not text.endswith("]") or "%" in address or there and not re.fullmatch(r"[A-Za-z0-9\-._~]{1,64}", zone):
            raise wrong  # KT-072
        try:
            return f"[{ipv6_text(ipaddress.IPv6Address(address))}{there}{zone}]"
        except ValueError:
            raise wrong from None
    name = re.sub("[A-Z]+", lambda match: match[0].lower(), text)  # KT-069
    last = name.removesuffix(".").rpartition(".")[2]
    if re.fullmatch("[0-9]+|0x[0-9a-f]*", last):  # KT-070
        octets = name.split(".")
        if len(octets) != 4 or not all(re.fullmatch("0|[1-9][0-9]{0,2}", o) and int(o) <= 255 for o in octets):
            raise wrong
    elif not _NAME.fullmatch(name) or len(name.removesuffix(".")) > 253:
        raise wrong
    if re.match(f"hawser1[{_KEY_CHARACTERS}]{{20}}", name):  # KT-086
        raise wrong
    return name


def canonical_port(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,4}", text) or int(text) > 65_535:
        raise ConnectionStringError("PORT", "the port is missing or not a number from 1 to 65535")  # KT-068
    return int(text)


def canonical_path(path: str) -> str:
    """The path of a unix socket, decoded (KT-075)."""
    if not path.startswith("/") or path.endswith("/") or "\0" in path or len(path.encode()) > 107:
        raise ConnectionStringError("PATH", "not the path of a unix socket")
    return path


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for parameter in text.split("&"):
        name, equals, value = parameter.partition("=")
        name = _decode(name)
        if not equals or name not in ("via", "context") or name in found:
            raise ConnectionStringError("PARAMETER", "a parameter is unknown, repeated or without a value")  # KT-076
        found[name] = value
    return found


def parse_connection_string(text: str) -> ConnectionString:
    """Read a connection string; nothing is repaired (KT-060)."""
    if mentions_secret_key(text) or mentions_secret_key(_decode_leniently(text)):
        raise ConnectionStringError("SECRET", "a secret key is in a connection string")  # KT-062
    if len(text) > 2_048:
        raise ConnectionStringError("LENGTH", "longer than 2,048 characters")  # KT-061
    if not _ALLOWED.fullmatch(text):
        raise ConnectionStringError("CHARACTER", "a character that a URL may not contain")  # KT-063
    if "#" in text:
        raise ConnectionStringError("FRAGMENT", "a fragment")  # KT-064
    scheme, colon, rest = text.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in ("hawser", "hawser+unix"):
        raise ConnectionStringError("SCHEME", "the text begins with neither hawser:// nor hawser+unix://")
    rest, question, query = rest.partition("?")  # KT-085
    slash = rest.find("/")
    authority, path = (rest, "") if slash < 0 else (rest[:slash], rest[slash:])
    user, at, host_port = authority.rpartition("@")
    if at and (not user or ":" in user or "@" in user):
        raise ConnectionStringError("USERINFO", "what stands before the @ is not one public key")  # KT-067
    key = _key(user) if at else None
    parameters = _parameters(query) if question else {}
    via = _key(parameters["via"]) if "via" in parameters else None
    if via is not None and key is None:
        raise ConnectionStringError("VIA", "a via key without a server key")  # KT-079
    context = _decode(parameters.get("context", ""))
    if not re.fullmatch("[!-~]{0,32}", context):
        raise ConnectionStringError("CONTEXT", "the context is too long or has a character that is not allowed")  # KT-078
    rest_of_it = {"key": key, "via": None if via == key else via, "context": context}  # KT-080
    if scheme == "hawser+unix":
        if host_port:
            raise ConnectionStringError("HOST", "a host where none belongs")  # KT-074
        return ConnectionString(path=canonical_path(_decode(path)), **rest_of_it)
    if path not in ("", "/"):
        raise ConnectionStringError("PATH", "a path where none belongs")  # KT-073
    host, _, port = host_port.rpartition(":") if not host_port.endswith("]") else (host_port, "", "")
    if ":" in host and not host.startswith("["):
        raise ConnectionStringError("HOST", "the host is not valid")
    host = canonical_host(host, "%25") if host.startswith("[") else canonical_host(_decode(host))
    return ConnectionString(host=host, port=canonical_port(port), **rest_of_it)
