extension SetupScripts {
  /// Runs an agent that goes with this script: as the plain user, in a folder of its own that nobody else can enter
  /// or put another in the place of, and in which all lies that the agent writes. The folder is removed at the end,
  /// however that comes: by a signal, or because the connection is gone and with it the input.
  ///
  /// Arguments: the agent's size in bytes, its sha256. It says `fleet-try send FOLDER`, or `fleet-try none WHY`; takes
  /// so many bytes, which must be all that comes (a `head` may read ahead) before it says `fleet-try ready`, or
  /// `fleet-try broken WORDS`; is told `go`, and then it is the agent that speaks. Status 0: all is removed.
  static let trial = """
    size=$1
    umask 077
    folder=
    why=
    trap '[ -z "$folder" ] || rm -rf "$folder"' EXIT
    trap 'exit 3' HUP INT TERM PIPE
    no() {
      why="$why$place: $1; "
      [ -z "$folder" ] || rm -rf "$folder"
      folder=
    }
    for place in "$TMPDIR" /tmp "$HOME"; do
      [ -n "$place" ] && [ -d "$place" ] || continue
      # Who may rename what lies in it could lead us elsewhere: only its owner may, or nobody but root.
      case "$(stat -Lc %u "$place")" in
        0 | "$(id -u)") ;;
        *) no "it is another user's"; continue ;;
      esac
      if [ ! -k "$place" ] && [ -n "$(find "$place/" -maxdepth 0 -perm /022)" ]; then
        no "others may write there"; continue
      fi
      folder=$(mktemp -d "$place/fleet-try.XXXXXXXXXX" 2>/dev/null) || {
        folder=; no "no folder can be made"; continue
      }
      free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
      [ "${free:-0}" -gt $((size / 1024 + 1024)) ] || {
        no "its disk is full ($((${free:-0} / 1024)) MiB free)"; continue
      }
      printf '#!/bin/sh\\nexit 0\\n' 2>/dev/null >"$folder/empty" || { no "nothing can be written"; continue; }
      chmod 700 "$folder/empty"
      "$folder/empty" 2>/dev/null || { no "nothing can be run there (noexec)"; continue; }
      rm -f "$folder/empty"
      break
    done
    [ -n "$folder" ] || { echo "fleet-try none ${why%; }"; exit 3; }
    echo "fleet-try send $folder"
    agent=$folder/fleet-agent
    head -c "$size" >"$agent" || { echo "fleet-try broken it could not be written to $folder"; exit 3; }
    [ "$(sha256sum <"$agent" | cut -d' ' -f1)" = "$2" ] || { echo "fleet-try broken it arrived damaged"; exit 3; }
    chmod 700 "$agent"
    export FLEET_AGENT_STATE="$folder/state" TMPDIR="$folder"
    said=$("$agent" version 2>&1) || { printf 'fleet-try broken %s\\n' "$said"; exit 4; }
    echo "fleet-try ready"
    read -r word && [ "$word" = go ] || exit 3
    "$agent" serve 2>/dev/null
    rm -rf "$folder" && [ ! -e "$folder" ]
    """

  /// What sudo says of the shell that the set-up would run as root; nothing is run. It says `none` (no sudo), `may`, or
  /// `said WORDS`.
  static let sudo = """
    command -v sudo >/dev/null || { echo none; exit 0; }
    said=$(sudo -n -l /bin/sh 2>&1 </dev/null) && { echo may; exit 0; }
    printf 'said %s\\n' "$(printf '%s' "$said" | tr '\\n' ' ')"
    exit 0
    """
}
