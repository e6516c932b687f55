import os
import tempfile
import unittest

from tests.common import ROOT
from hawser import KeyPair
from hawser.files import KeyFileError, read_authorized_keys, read_secret_key, write_secret_key
from hawser.keys import KeyTextError, format_public_key, format_secret_key, parse_public_key, parse_secret_key
from hawser.urls import ConnectionStringError, parse_connection_string

SECRET = bytes.fromhex("54455354204b4559207365727665722e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e")  # a TEST KEY
SECRET_TEXT = "HAWSER-SECRET-KEY-123Z4X4PQFDZ4JGRNV4E8VETJ9CHZUT3W9CHZUT3W9CHZUT3W9CHQGZD9YX"
PUBLIC_TEXT = "hawser186h5tq39vwyfwxnetlldgcwwkca9z0795r9w40m80c3f55sfzphszu2nf0"


class Text(unittest.TestCase):
    def test_the_example(self):
        pair = KeyPair(SECRET)
        self.assertEqual((format_secret_key(SECRET), format_public_key(pair.public)), (SECRET_TEXT, PUBLIC_TEXT))
        self.assertEqual((parse_secret_key(SECRET_TEXT), parse_public_key(PUBLIC_TEXT)), (SECRET, pair.public))

    def test_faults_of_public_keys_in_their_order(self):
        faults = {
            "": "EMPTY", SECRET_TEXT.lower(): "SECRET", PUBLIC_TEXT + " ": "SURROUNDED", "xhawser1": "SURROUNDED",
            PUBLIC_TEXT.capitalize(): "MIXED_CASE", "age1" + PUBLIC_TEXT[7:]: "PREFIX", PUBLIC_TEXT.upper(): "WRONG_CASE",
            PUBLIC_TEXT[:-1] + "b": "CHARACTER", PUBLIC_TEXT[:20] + "\u212a" + PUBLIC_TEXT[21:]: "CHARACTER",
            PUBLIC_TEXT[:-1]: "LENGTH", PUBLIC_TEXT[:-1] + "q": "CHECKSUM",
        }  # fmt: skip
        for text, fault in faults.items():
            with self.subTest(fault=fault), self.assertRaises(KeyTextError) as raised:
                parse_public_key(text)
            self.assertEqual(raised.exception.fault, fault)

    def test_a_public_key_in_the_place_of_a_secret_one(self):
        with self.assertRaises(KeyTextError) as raised:
            parse_secret_key(PUBLIC_TEXT)
        self.assertEqual(raised.exception.fault, "PUBLIC")


class Urls(unittest.TestCase):
    def test_canonical_forms(self):
        for text in (
            f"hawser://{PUBLIC_TEXT}@[2001:db8::1]:7000?context=a%2Fb", "hawser://example.org.:1", "hawser://127.0.0.1:80",
            f"hawser+unix://{PUBLIC_TEXT}@/run/x%20y", "hawser+unix:///run/x@y".replace("@", "%40"),
            "hawser://[fe80::1%25eth0]:9",
        ):  # fmt: skip
            self.assertEqual(str(parse_connection_string(text)), text)
        loose = f"HAWSER://{PUBLIC_TEXT}@Example.ORG:1/?via={PUBLIC_TEXT}&context="
        self.assertEqual(str(parse_connection_string(loose)), f"hawser://{PUBLIC_TEXT}@example.org:1")
        self.assertEqual(str(parse_connection_string("hawser://[::FFFF:192.0.2.1]:1")), "hawser://[::ffff:c000:201]:1")

    def test_what_is_refused(self):
        for text in (
            "", "http://a:1", "hawser://a", "hawser://a:0", "hawser://a:65536", "hawser://a:01", "hawser://@a:1",
            "hawser://x:y@a:1", f"hawser://{PUBLIC_TEXT}@@a:1", "hawser://a:1/x", "hawser://a:1?", "hawser://a:1?via=",
            "hawser://a:1?x=1", "hawser://a:1?context=a&context=a", f"hawser://a:1?via={PUBLIC_TEXT}", "hawser://127.1:1",
            "hawser://0x7f000001:1", "hawser://a.0x:1", "hawser://010.0.0.1:1", "hawser://1.2.3.4.:1", "hawser://a%:1",
            "hawser://a%ff:1", "hawser://a:1#", " hawser://a:1", "hawser://a_-:1", "hawser://[::1]", "hawser://[::1:1",
            "hawser://::1:1", "hawser+unix://%2Frun/x", "hawser+unix:///", "hawser+unix:///a/", "hawser+unix://h/a",
            "hawser+unix:///" + "a" * 107, "hawser://a:1?context=" + "a" * 33, "hawser://a:1?context=%20",
            f"hawser://{PUBLIC_TEXT}:1", f"hawser://{PUBLIC_TEXT[:27]}:1", f"hawser://{PUBLIC_TEXT[:-1]}q@a:1",
            "hawser://HAWSER%2dsecret-key-1@a:1", "hawser://a" + ".a" * 1100 + ":1", "hawser://[fe80::1%eth0]:9",
        ):  # fmt: skip
            with self.subTest(text=text), self.assertRaises(ConnectionStringError):
                parse_connection_string(text)


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=ROOT.parent)
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "k")

    def write(self, text, mode=0o600):
        with open(self.path, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text.encode())

    def test_a_secret_key_file(self):
        write_secret_key(self.path, KeyPair(SECRET))
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        self.assertEqual(read_secret_key(self.path).secret, SECRET)
        for forbidden in (lambda: write_secret_key(self.path, KeyPair()), lambda: read_secret_key(SECRET_TEXT)):
            with self.assertRaises(KeyFileError) as raised:
                forbidden()
            self.assertNotIn(SECRET_TEXT[20:], str(raised.exception))
        os.chmod(self.path, 0o640)
        self.assertRaises(KeyFileError, read_secret_key, self.path)
        self.assertRaises(KeyFileError, read_secret_key, self.folder.name)
        self.write(f"\ufeff# x\r\n\t{SECRET_TEXT} \r\n\r\n")
        self.assertEqual(read_secret_key(self.path).secret, SECRET)

    def test_an_authorized_keys_file(self):
        self.write(f"# friends\n{PUBLIC_TEXT}\tann@home\n")
        self.assertEqual(read_authorized_keys(self.path), {KeyPair(SECRET).public: "ann@home"})
        self.write("")
        self.assertEqual(read_authorized_keys(self.path), {})
        for bad in (f"{PUBLIC_TEXT} a b", f"{PUBLIC_TEXT}\n{PUBLIC_TEXT}", SECRET_TEXT, f'max="1" {PUBLIC_TEXT}', "x"):
            self.write(bad)
            self.assertRaises(KeyFileError, read_authorized_keys, self.path)
        self.write(PUBLIC_TEXT, 0o620)
        self.assertRaises(KeyFileError, read_authorized_keys, self.path)
