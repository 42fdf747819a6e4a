#!/usr/bin/env bash
# Installs growroom from the tree that this script stands in. As root and with systemd: user, environment,
# database, units. With --no-systemd: for whoever runs it, to be started by bin/growroomctl.
# Usage: install/setup.sh [--rows N] [--no-systemd] [--no-start] [what `growroom init` takes…]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rows=0 systemd=yes start=yes
room=()
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=$2; shift 2 ;;
    --no-systemd) systemd=no; shift ;;
    --no-start) start=no; shift ;;
    *) room+=("$1"); shift ;;
  esac
done

as_owner() { "$@"; }
if [ "$systemd" = yes ]; then
  getent passwd growroom >/dev/null || useradd --system --home-dir /opt/growroom --no-create-home growroom
  chown -R growroom:growroom .
  install -d -o growroom -g growroom /var/log/growroom
  as_owner() { setpriv --reuid growroom --regid growroom --init-groups env HOME=/tmp "$@"; }
fi

as_owner /usr/bin/python3 -m venv --system-site-packages env
as_owner env/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
  --no-index --find-links install/wheels -r install/requirements.txt
as_owner env/bin/python -m growroom init "${room[@]}"
if [ "$rows" -gt 0 ]; then as_owner env/bin/python -m growroom seed "$rows"; fi

if [ "$systemd" = yes ]; then
  cp install/growroom.service install/growroomweb.service /etc/systemd/system/
  systemctl enable --quiet growroom.service growroomweb.service
  if [ "$start" = yes ]; then
    systemctl daemon-reload
    systemctl start growroom.service growroomweb.service
  fi
elif [ "$start" = yes ]; then
  bin/growroomctl start
fi
