# The bytes of Hawser 1 as Kaitai Struct describes formats (https://kaitai.io): enough to look at a capture whose
# records are open, and a second parser that nobody wrote by hand. `fuzz/support/wire.ts` holds every verdict of the
# parser generated from this file against the implementation's.
#
# A parse that fails says which check failed by the field that it stopped at: `type`, `len_body`, `padding` (RC-014 to
# RC-016), or `content` (RC-017).
#
# What can't be said here:
# - that a record authenticates (RC-013), and under which key and nonce; Challenge, Response and routes are sealed
#   throughout, so only their lengths are known;
# - that a length is judged once its two bytes are there and a header once its eight are, however they are cut
#   (HS-007, HS-003, RC-012): a parser that was generated wants the whole;
# - which record a state allows (RC-020), that a Pong has its Ping's bytes, and that an Alert is never answered;
# - that a key is no low-order point (NO-010), and that a first-use route is random;
# - what text UTF-8 stands for: `utf8_character` is RFC 3629 §4 in full, and a byte order mark is a character (AL-026).
meta:
  id: wire
  title: Hawser, version 1
  endian: be
  license: MIT
types:
  header:
    seq:
      - id: magic
        contents: HWSR
      - id: version
        type: u1
        valid: 1
      - id: suite
        type: u1
        valid: 1
      - id: flags
        type: u2
        valid: 0
  hello:
    seq:
      - id: header
        type: header
      - id: ephemeral
        size: 32
      - id: route
        size: 48
  challenge:
    seq:
      - id: ephemeral
        size: 32
      - id: sealed_key
        size: 48
      - id: sealed_code
        size: 18
  response:
    seq:
      - id: sealed_key
        size: 48
      - id: sealed_context
        size: 48
  record:
    seq:
      - id: length
        type: u2
        valid:
          min: 19
      - id: ciphertext
        size: length
  plaintext:
    seq:
      - id: type
        type: u1
        valid:
          max: 5
      - id: len_body
        type: u2
        valid:
          expr: _ <= _io.size - 3
      - id: body
        size: len_body
      - id: padding
        type: u1
        repeat: eos
        valid: 0
    instances:
      content:
        pos: 3
        size: len_body
        type:
          switch-on: type
          cases:
            0: data_body
            1: alert_body
            2: no_body
            3: no_body
            4: ping_body
            5: ping_body
  data_body:
    seq:
      - id: first
        type: u1
      - id: rest
        size-eos: true
  alert_body:
    seq:
      - id: code
        type: u2
        valid:
          expr: _ >= 1 and _io.size <= 2 + 1024
      - id: message
        type: utf8_character
        repeat: eos
  ping_body:
    seq:
      - id: bytes
        size: 8
      - id: nothing
        type: no_body
  no_body:
    seq:
      - id: excess
        type: u1
        repeat: eos
        valid:
          expr: "false"
  utf8_character:
    seq:
      - id: first
        type: u1
        valid:
          expr: _ < 0x80 or (_ >= 0xc2 and _ <= 0xf4)
      - id: second
        type: u1
        if: first >= 0xc2
        valid:
          expr: "_ >= (first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80) and _ <= (first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf)"
      - id: third
        type: u1
        if: first >= 0xe0
        valid:
          expr: _ >= 0x80 and _ <= 0xbf
      - id: fourth
        type: u1
        if: first >= 0xf0
        valid:
          expr: _ >= 0x80 and _ <= 0xbf
