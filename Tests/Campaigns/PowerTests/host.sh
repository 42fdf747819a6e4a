#!/bin/sh
# One small host on one disk, as the power tests use it. Runs in a mount and process namespace of its own, so that
# whatever happens nothing of it is left: mounts, loop devices, the app.
#
#   host.sh furnish   makes the file system in the image and puts the app on it
#   host.sh record    the disk is written down from here on; an agent serves on standard input and output
#   host.sh boot      the power is back: recovery by the boot units' own commands, with a look after each step
#   host.sh serve     the disk as it is, not written down; an agent serves, as in record; then a look, as after a boot
#
# What it works with comes by the environment: FOLDER (mount points, the app's outside), IMAGE, LOG, FS, BIN (agent,
# blocklog, pocket), RELEASE (a tree), BOOT_ID, MKFS, PRELOAD; AGENT (an agent that is to lie on the disk itself),
# ROOM (files that take up room: they go before the agent serves, and what the agent remembers), REPAIR (a file system
# that was not unmounted is repaired before the boot, as a Pi does).
set -eu

mnt=$FOLDER/mnt
app=$mnt/app
install=$app/pocket
outside=$FOLDER/outside
export FLEET_AGENT_STATE="$mnt/state"

# No systemd here, whatever the machine has: an agent without it starts its jobs itself.
mount -t tmpfs tmpfs /run

pocket() { "$BIN/pocket" "$@"; }
agent() {
  if [ -x "$mnt/bin/fleet-agent" ]; then "$mnt/bin/fleet-agent" "$@"; else "$BIN/fleet-agent" "$@"; fi
}

mount_disk() { # device or image
  options=
  case $FS in
    # Images of one file system follow each other: what the kernel remembers of the last one is in the way.
    btrfs) btrfs device scan --forget >/dev/null 2>&1 || true ;;
    xfs) options=nouuid ;;
  esac
  [ -b "$1" ] || options=loop${options:+,$options}
  mount -t "$FS" ${options:+-o "$options"} "$1" "$mnt"
}

# Path, type, mode and content of everything in the app's tree but its database.
listing() {
  cd "$install"
  find . -path ./data -prune -o -printf '%y %m %P %l\n' | sort
  find . -path ./data -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
  cd /
}

# What has just ended may hold a mount for a moment more.
unmount() {
  for _ in $(seq 200); do
    ! umount "$1" 2>/dev/null || return 0
    sleep 0.02
  done
  umount "$1"
}

section() { printf '\n== %s\n' "$1"; }

look() { # name: the tree, and what its steps change outside of it
  section "tree $1"
  listing || echo unreadable
  section "outside $1"
  cat "$mnt/etc/pocket" || true
}

recover() { # name, words…
  name=$1
  shift
  section "$name"
  agent recover "$@" 2>&1 || echo "exit $?"
}

# Whether all is over and well. What has nothing to do says so, three times.
aftermath() {
  look settled
  section well
  pocket check "$install" "$outside" 2>&1 || true
  recover again --boot-files
  recover again --boot-settle
  recover again
  look again
  section left
  ls -A "$app"
  section status
  agent status pocket 2>&1 || echo "exit $?"
  section jobs
  cat "$mnt"/state/pocket/jobs/*/events.jsonl 2>/dev/null || true
}

finish() {
  pocket stop "$install" "$outside" 2>&1 || true
  # Nothing is promised any more from here on.
  look end
  section database
  pocket dump "$install" 2>&1 || true
  unmount "$mnt"
  section end
}

case $1 in
  furnish)
    # shellcheck disable=SC2086  # words
    mkfs."$FS" -q $MKFS "$IMAGE" >/dev/null
    mount_disk "$IMAGE"
    mkdir -p "$app" "$mnt/etc" "$mnt/state"
    cp -a "$RELEASE" "$install"
    echo 'lamp = 18h' >"$install/settings.ini"
    echo 1.0.0 >"$mnt/etc/pocket"
    pocket prepare "$install"
    pocket make "$install" 150
    [ -z "${AGENT:-}" ] || install -D "$AGENT" "$mnt/bin/fleet-agent"
    unmount "$mnt"
    ;;
  record)
    "$BIN/blocklog" "$IMAGE" "$LOG" "$FOLDER/fuse" </dev/null >/dev/null 2>&1 &
    served=$!
    disk=$FOLDER/fuse/disk
    for _ in $(seq 500); do [ ! -e "$disk" ] || break; sleep 0.01; done
    loop=$(losetup --find --show "$disk")
    mount_disk "$loop"
    # From here on it goes with the mount, however that ends.
    losetup --detach "$loop"
    pocket start "$install" "$outside"
    printf begin >"$outside/mark"
    LD_PRELOAD=${PRELOAD:-} agent serve
    printf end >"$outside/mark"
    pocket stop "$install" "$outside"
    # The result of an undisturbed run: what the driver holds every other one against.
    {
      look end
      section database
      pocket dump "$install"
    } >"$FOLDER/result"
    unmount "$mnt"
    unmount "$FOLDER/fuse"
    # It ends when nobody has the disk mounted any more, in no namespace. Who still does is named.
    {
      sleep 30
      echo 'still there:'
      for process in /proc/[0-9]*; do echo "$process $(tr '\0' ' ' <"$process/cmdline")"; done
      kill -9 "$served"
    } &
    watch=$!
    wait "$served"
    kill "$watch"
    ;;
  serve)
    mount_disk "$IMAGE"
    if [ -n "${ROOM:-}" ]; then
      rm -rf "${mnt:?}/$ROOM"
      agent clear pocket >/dev/null 2>&1 || true
    fi
    pocket start "$install" "$outside"
    cp "$outside/lock" "$outside/lock.before"
    agent serve || true
    section mount
    section lock
    cat "$outside/lock.before" "$outside/lock"
    aftermath
    finish
    ;;
  boot)
    printf '%s\n' "$BOOT_ID" >/run/boot_id
    mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
    if [ -n "${REPAIR:-}" ]; then
      section repair
      fsck."$FS" -p "$IMAGE" 2>&1 || echo "exit $?"
    fi
    section mount
    mount_disk "$IMAGE" 2>&1 || { echo failed; exit 0; }
    look 'at the cut'
    recover files --boot-files
    look 'after files'
    section start
    pocket start "$install" "$outside" 2>&1 || echo "exit $?"
    recover settle --boot-settle
    aftermath
    finish
    ;;
esac
