#!/bin/sh
# Installs fleet @VERSION@: sh install.sh [--from FOLDER-or-URL] [--prefix FOLDER]
# Where there is apt, as Debian's package; elsewhere its tree goes below --prefix (/usr/local for root, else ~/.local).
# All is one function that the last line calls: a script that was cut off on its way runs nothing.

main() {
  set -eu
  version='@VERSION@'
  from='@URL@'
  prefix=''
  while [ $# -gt 0 ]; do
    case $1 in
      --from) from=${2:?--from wants a folder or a URL}; shift 2 ;;
      --prefix) prefix=${2:?--prefix wants a folder}; shift 2 ;;
      *) fail "usage: sh install.sh [--from FOLDER-or-URL] [--prefix FOLDER]" ;;
    esac
  done
  [ -n "$from" ] || fail 'where from? --from FOLDER-or-URL, with the packages and SHA256SUMS in it'

  [ "$(uname -s)" = Linux ] || fail "this is $(uname -s); fleet runs on Linux"
  case $(uname -m) in
    x86_64) arch=amd64 ;;
    aarch64) arch=arm64 ;;
    *) fail "this is $(uname -m); fleet runs on x86-64 and 64-bit Arm" ;;
  esac
  # A 64-bit kernel is often found below a 32-bit system (Raspberry Pi OS).
  [ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 64 ] || fail 'this system is 32-bit, though its kernel is not; fleet is 64-bit'

  as_root=''
  if [ -z "$prefix" ] && command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
    [ "$(dpkg --print-architecture)" = "$arch" ] || fail "this system is $(dpkg --print-architecture); fleet is 64-bit"
    file=fleet_${version}_$arch.deb
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || fail 'as root, or with sudo, or into a folder of yours: --prefix ~/.local'
      as_root=sudo
    fi
  else
    file=fleet-$version-linux-$arch.tar.gz
    if [ -z "$prefix" ]; then
      if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=$HOME/.local; fi
    fi
  fi

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  for each in SHA256SUMS "$file"; do
    say "taking $each from $from"
    take "$each"
  done
  (cd "$work" && grep -F "  $file" SHA256SUMS | sha256sum -c --quiet -) ||
    fail "$file is not what SHA256SUMS says; nothing was installed"

  case $file in
    *.deb)
      say "installing $file with apt-get"
      # apt reads what it installs as a user of its own.
      chmod 755 "$work"
      $as_root apt-get install --yes --no-install-recommends --reinstall "$work/$file"
      fleet=/usr/bin/fleet
      ;;
    *)
      say "unpacking $file below $prefix"
      mkdir -p "$prefix"
      # What is there already stays as it is: folders that are links, and who may enter them.
      tar --extract --gzip --file "$work/$file" --directory "$prefix" --strip-components=1 --no-same-owner \
        --keep-directory-symlink --no-overwrite-dir
      prefix=$(cd "$prefix" && pwd)
      fleet=$prefix/bin/fleet
      unit=$prefix/share/systemd/user/fleet-releases.service
      sed "s#^ExecStart=[^ ]*#ExecStart=$fleet#" "$unit" >"$work/unit"
      cat "$work/unit" >"$unit"
      ;;
  esac
  "$fleet" --version >/dev/null || fail "$fleet does not run here; what it says stands above"
  say "$("$fleet" --version) is installed. Next: fleet init"
  case :$PATH: in *:"${fleet%/fleet}":*) ;; *) say "${fleet%/fleet} is not in your PATH: export PATH=\"${fleet%/fleet}:\$PATH\"" ;; esac
}

say() { printf 'install: %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }

take() {
  case $from in
    http://* | https://*)
      if command -v curl >/dev/null; then curl --fail --location --silent --show-error --output "$work/$1" "$from/$1"
      elif command -v wget >/dev/null; then wget --quiet --output-document="$work/$1" "$from/$1"
      else fail 'curl or wget is needed'; fi || fail "$1 could not be had from $from"
      ;;
    *) cp -- "$from/$1" "$work/$1" || fail "there is no $1 in $from" ;;
  esac
}

main "$@"
