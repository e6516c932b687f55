"""The three algorithms of suite 1, and what Noise builds from them (notation.md, NO)."""

from __future__ import annotations

import hashlib
import hmac
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_LENGTH = 32
TAG_LENGTH = 16
HASH_LENGTH = 64
MAX_NONCE = 2**64 - 1
ZERO_KEY = bytes(KEY_LENGTH)


class ZeroOutput(Exception):
    """A DH output of 32 zero bytes (NO-010)."""


class Unauthentic(Exception):
    """A ciphertext whose tag is wrong."""


def same(a: bytes, b: bytes) -> bool:
    """Compare without telling by time where the two differ (NO-011, NO-021)."""
    return hmac.compare_digest(a, b)


def public_key(secret: bytes) -> bytes:
    """Give the public half; the library clamps at each use (NO-007)."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def dh(secret: bytes, public: bytes) -> bytes:
    """X25519, taking any 32 bytes as a public key (NO-009) and refusing an all-zero result (NO-010)."""
    private, peer = X25519PrivateKey.from_private_bytes(secret), X25519PublicKey.from_public_bytes(public)
    try:
        output = private.exchange(peer)
    except ValueError as error:  # the library's own way to say that the output is zero
        raise ZeroOutput from error
    if same(output, ZERO_KEY):
        raise ZeroOutput
    return output


def hash_(data: bytes) -> bytes:
    """BLAKE2b-512, plain (NO-014)."""
    return hashlib.blake2b(data).digest()


def hmac_(key: bytes, data: bytes) -> bytes:
    """RFC 2104 over BLAKE2b, with its block of 128 bytes (NO-015)."""
    return hmac.new(key, data, hashlib.blake2b).digest()


def hkdf(chaining_key: bytes, material: bytes) -> tuple[bytes, bytes]:
    """Noise's HKDF with two outputs (NO-016)."""
    temp = hmac_(chaining_key, material)
    first = hmac_(temp, b"\x01")
    return first, hmac_(temp, first + b"\x02")


def _nonce(counter: int) -> bytes:
    return bytes(4) + struct.pack("<Q", counter)  # NO-013


def encrypt(key: bytes, counter: int, associated: bytes, plaintext: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(_nonce(counter), plaintext, associated)


def decrypt(key: bytes, counter: int, associated: bytes, ciphertext: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(_nonce(counter), ciphertext, associated)
    except InvalidTag as error:
        raise Unauthentic from error


def rekey(key: bytes) -> bytes:
    """Noise's REKEY: the next key of a direction."""
    return encrypt(key, MAX_NONCE, b"", bytes(KEY_LENGTH))[:KEY_LENGTH]


class KeyPair:
    """A long-term or ephemeral key. It does DH, and prints its public half only (NO-022, KT-023)."""

    def __init__(self, secret: bytes | None = None):
        self.secret: bytes | None = os.urandom(KEY_LENGTH) if secret is None else bytes(secret)
        if len(self.secret) != KEY_LENGTH:
            raise ValueError("a secret key has 32 bytes")
        self.public = public_key(self.secret)

    def dh(self, public: bytes) -> bytes:
        if self.secret is None:
            raise RuntimeError("the key pair was wiped")  # KT-024
        return dh(self.secret, public)

    def wipe(self) -> None:
        """Forget the secret. Python can't overwrite the bytes themselves."""
        self.secret = None

    def __repr__(self) -> str:
        return f"KeyPair(public={self.public.hex()})"

    def __reduce__(self):
        raise TypeError("a key pair is not serialised")
