"""Runs a command on a terminal of its own, as a person would, and answers its questions.

    python3 terminal.py OUTPUT QUESTION ANSWER COMMAND...

Node can't make a pseudo-terminal; Python's standard library can. The terminal becomes the command's controlling one
(/dev/tty); its standard input is empty, and its standard output is the file OUTPUT. When the terminal shows QUESTION,
ANSWER is typed: \\x03 in it is Ctrl-C. What the terminal showed goes to standard output, and the exit code is the
command's; 128 and the signal's number where it was a signal.
"""

import os
import pty
import sys

output, question, answer, *command = sys.argv[1:]
answer = answer.encode().decode("unicode_escape").encode()

pid, terminal = pty.fork()
if pid == 0:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT, 0o600), 1)
    os.execvp(command[0], command)

shown = b""
asked = False
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    shown += data
    if not asked and question.encode() in shown:
        asked = True
        os.write(terminal, answer)
status = os.waitpid(pid, 0)[1]
sys.stdout.write(shown.decode(errors="replace"))
sys.stdout.flush()
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
