"""Noise's SymmetricState, and the route (route.md, RT)."""

from __future__ import annotations

from .primitives import HASH_LENGTH, KEY_LENGTH, Unauthentic, decrypt, encrypt, hash_, hkdf

XX = b"Noise_XX_25519_ChaChaPoly_BLAKE2b"  # NO-017
N = b"Noise_N_25519_ChaChaPoly_BLAKE2b"


class SymmetricState:
    """The chaining key, the transcript's hash and a cipher key with its counter (notation.md)."""

    def __init__(self, name: bytes):
        self.h = name.ljust(HASH_LENGTH, b"\0")
        self.ck = self.h
        self.k: bytes | None = None
        self.n = 0

    def mix_hash(self, data: bytes) -> None:
        self.h = hash_(self.h + data)

    def mix_key(self, material: bytes) -> None:
        self.ck, temp = hkdf(self.ck, material)
        self.k, self.n = temp[:KEY_LENGTH], 0

    def encrypt_and_hash(self, plaintext: bytes) -> bytes:
        ciphertext = plaintext
        if self.k is not None:
            ciphertext = encrypt(self.k, self.n, self.h, plaintext)  # NO-018
            self.n += 1
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt_and_hash(self, ciphertext: bytes) -> bytes:
        plaintext = ciphertext
        if self.k is not None:
            plaintext = decrypt(self.k, self.n, self.h, ciphertext)  # raises before anything changes
            self.n += 1
        self.mix_hash(ciphertext)
        return plaintext

    def split(self) -> tuple[bytes, bytes]:
        first, second = hkdf(self.ck, b"")
        return first[:KEY_LENGTH], second[:KEY_LENGTH]


def _route_state(header: bytes, via: bytes, ephemeral: bytes, shared: bytes) -> SymmetricState:
    state = SymmetricState(N)  # RT-001
    state.mix_hash(b"hawser route" + header)  # RT-002
    state.mix_hash(via)  # RT-003
    state.mix_hash(ephemeral)  # RT-004
    state.mix_key(shared)  # RT-005
    return state


def make_route(header: bytes, via: bytes, ephemeral: bytes, shared: bytes, server: bytes) -> bytes:
    """Say to the holder of the via key, and to nobody else, which server is wanted (RT-006)."""
    return _route_state(header, via, ephemeral, shared).encrypt_and_hash(server)


def open_route(header: bytes, via: bytes, ephemeral: bytes, shared: bytes, route: bytes) -> bytes | None:
    """The server that a route names, or None when it does not open with this key (RT-008, RT-009)."""
    try:
        return _route_state(header, via, ephemeral, shared).decrypt_and_hash(route)
    except Unauthentic:
        return None
