#!/usr/bin/env bash
# Brings what the suites run besides Node, from Debian's packages and only where it is missing: the programs that a tunnel
# is proved with (npm run test:programs), what it is measured beside (npm run bench:tunnel), and a service manager's tools
# and Python, which some suites of npm test use. It changes nothing where all is here. Services that the packages start, where
# there is an init to do so, are neither used nor touched: the suites start their own.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin

# need PACKAGE COMMAND...: the package, where a command of it is missing.
missing=()
need() {
  local package=$1 command
  shift
  for command in "$@"; do
    if ! command -v "$command" >/dev/null && ! compgen -G "/usr/lib/postgresql/*/bin/$command" >/dev/null; then
      missing+=("$package")
      return
    fi
  done
}

need postgresql initdb postgres psql pgbench
need redis-server redis-server
need redis-tools redis-cli redis-benchmark
need nginx-light nginx
need curl curl
need openssh-server sshd
need openssh-client ssh ssh-keygen
need util-linux setpriv
need stunnel4 stunnel4
need spiped spiped
need openssl openssl
need systemd systemd-notify systemd-analyze systemd-socket-activate
need python3 python3
/usr/bin/python3 -c 'import cryptography' 2>/dev/null || missing+=(python3-cryptography)

if [ "${#missing[@]}" -eq 0 ]; then exit; fi
as=()
if [ "$(id -u)" -ne 0 ]; then as=(sudo -n); fi
if ! command -v apt-get >/dev/null || ! "${as[@]}" true 2>/dev/null; then
  echo "missing, of Debian's packages: ${missing[*]}; install them and run again" >&2
  exit 1
fi
echo "installing ${missing[*]}"
"${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${as[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
