"""The command, sending a file to itself."""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import unittest

from tests.common import ROOT

HAWSER = [sys.executable, "-m", "hawser"]


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def keygen(self, name):
        made = subprocess.run([*HAWSER, "keygen", self.path(name)], cwd=ROOT, capture_output=True, text=True, timeout=20)
        return made.stdout.strip()

    def exchange(self, data, authorized):
        with open(self.path("authorized"), "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(authorized + "\n")
        keys = ["--key", self.path("server"), "--authorized-keys", self.path("authorized")]
        with open(self.path("out"), "wb") as out:
            receiver = subprocess.Popen([*HAWSER, "receive", *keys, "0"], cwd=ROOT, stdout=out, stderr=subprocess.PIPE)
        try:
            url = re.search(rb"hawser://\S+", receiver.stderr.readline())[0].decode()
            send = [*HAWSER, "send", "--key", self.path("client"), url]
            sender = subprocess.run(send, cwd=ROOT, input=data, capture_output=True, timeout=30)
            receiver.communicate(timeout=30)
        finally:
            receiver.kill()
            receiver.wait()
            receiver.stderr.close()
        with open(self.path("out"), "rb") as out:
            return sender, out.read(), receiver.returncode

    def test_a_file_arrives(self):
        data = hashlib.sha512(b"seed").digest() * 20_000
        self.keygen("server")
        sender, received, code = self.exchange(data, self.keygen("client") + " ann")
        self.assertEqual((sender.returncode, code, sender.stderr), (0, 0, b""))
        self.assertEqual(hashlib.sha256(received).digest(), hashlib.sha256(data).digest())

    def test_where_a_key_may_come_from(self):
        self.keygen("server")
        key = self.keygen("client")
        for source, code in (("127.0.0.0/8", 0), ("192.0.2.1", 1)):
            sender, received, _ = self.exchange(b"data", f'from="{source}",max="1" {key}')
            self.assertEqual((sender.returncode, received), (code, b"" if code else b"data"))

    def test_who_is_not_listed_is_refused(self):
        self.keygen("client")
        sender, received, code = self.exchange(b"x" * 100, self.keygen("server"))
        self.assertEqual((sender.returncode, code, received), (1, 1, b""))
        self.assertIn(b"alert_received 3", sender.stderr)
