/// What the set-up runs on a host. Constant texts: whatever differs is an argument.
enum SetupScripts {
  /// Facts as `key value` lines, for whoever logs in.
  static let facts = """
    echo "machine $(uname -m)"
    command -v dpkg >/dev/null && echo "debian $(dpkg --print-architecture)"
    command -v getconf >/dev/null && echo "bits $(getconf LONG_BIT)"
    echo "libc $(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | head -n 1)"
    echo "uid $(id -u)"
    echo "user $(id -un)"
    echo "home $HOME"
    [ -d /run/systemd/system ] && echo "systemd yes"
    [ -r /etc/os-release ] && (. /etc/os-release; echo "system $PRETTY_NAME")
    agent=\(AgentCommand.program)
    [ "$1" = none ] && agent=$HOME/\(AgentCommand.homeFolder)/fleet-agent
    if [ -e "$agent" ]; then
      echo "agent_sha256 $(sha256sum < "$agent" | cut -d' ' -f1)"
      echo "agent_version $("$agent" version 2>&1 | head -n 1)"
    fi
    for unit in fleet-agent-recover.service fleet-agent-settle.service; do
      [ "$(systemctl is-enabled $unit 2>/dev/null)" = enabled ] && echo "unit $unit"
    done
    for folder in /var/lib "$HOME"; do
      df -Pk "$folder" | awk -v folder="$folder" 'NR == 2 { print "free_kib " $4 " " folder }'
    done
    exit 0
    """

  /// Arguments: the public key's line.
  static let authorize = """
    set -eu
    umask 077
    cd
    mkdir -p .ssh
    chmod go-w . && chmod 700 .ssh
    keys=.ssh/authorized_keys
    touch $keys
    chmod 600 $keys
    if grep -qxF -- "$1" $keys; then echo same; exit 0; fi
    [ ! -s $keys ] || [ -z "$(tail -c 1 $keys)" ] || echo >> $keys
    printf '%s\\n' "$1" >> $keys
    echo added
    """

  /// Puts the agent beside its place, to be tried. Arguments: folder, sha256; input: the binary.
  /// An empty folder is the one below the home of the user.
  static let deliver = """
    set -eu
    umask 022
    folder=${1:-$HOME/\(AgentCommand.homeFolder)}
    mkdir -p "$folder"
    [ -z "$1" ] || { chown 0:0 "$folder"; chmod 0755 "$folder"; }
    new=$folder/.fleet-agent.$2
    trap 'rm -f "$new"' HUP INT TERM
    rm -f "$new"
    cat > "$new" || { rm -f "$new"; echo "it could not be written to $folder"; exit 3; }
    [ "$(sha256sum < "$new" | cut -d' ' -f1)" = "$2" ] || { rm -f "$new"; echo "it arrived damaged"; exit 3; }
    chmod 0755 "$new"
    """

  /// Proves that it runs. Arguments: folder, sha256. Status 4: it does not, and what is said tells why.
  static let tryOut = """
    new=${1:-$HOME/\(AgentCommand.homeFolder)}/.fleet-agent.$2
    said=$("$new" version 2>&1) && { printf '%s\\n' "$said"; exit 0; }
    printf '%s\\n' "$said"
    exit 4
    """

  /// Arguments: folder, sha256.
  static let putInPlace = """
    set -eu
    folder=${1:-$HOME/\(AgentCommand.homeFolder)}
    new=$folder/.fleet-agent.$2
    [ -z "$1" ] || chown 0:0 "$new"
    sync "$new"
    mv -T "$new" "$folder/fleet-agent"
    sync "$folder"
    for old in "$folder"/.fleet-agent.*; do rm -f "$old"; done
    """

  /// Arguments: folder, sha256.
  static let discard = """
    rm -f "${1:-$HOME/\(AgentCommand.homeFolder)}/.fleet-agent.$2"
    """

  /// The rule for sudo, of whoever called sudo; those of other users stay. Says `same` or `added`.
  static let sudoers = """
    set -eu
    umask 077
    user=$(printf '%s' "${SUDO_USER:?}" | sed 's/[^A-Za-z0-9._-]/\\\\&/g')
    rule="$user ALL=(root) NOPASSWD: \(AgentCommand.program) serve"
    file=/etc/sudoers.d/fleet-agent
    [ -d /etc/sudoers.d ] || { echo "there is no /etc/sudoers.d"; exit 3; }
    if [ -f "$file" ] && grep -qxF -- "$rule" "$file" && [ "$(stat -c '%a %u %g' "$file")" = '440 0 0' ]; then
      echo same; exit 0
    fi
    new=$(mktemp /etc/sudoers.d/.fleet-agent.XXXXXX)
    trap 'rm -f "$new"' EXIT
    {
      echo '# fleet: lets the coordinator talk to the agent. As good as root: it replaces an app.'
      [ ! -f "$file" ] || grep -v '^#' "$file" | grep -vxF -- "$rule" || true
      printf '%s\\n' "$rule"
    } > "$new"
    chmod 0440 "$new"
    said=$(visudo -cqf "$new" 2>&1) || { echo "visudo does not accept the rule: $said"; exit 3; }
    mv -T "$new" "$file"
    trap - EXIT
    echo added
    """

  /// The two boot units, where there is systemd, and the agent's place among the commands. Says `same` or `changed`,
  /// and before that what the agent has to say. Arguments: folder.
  static let setUp = """
    set -eu
    folder=${1:-$HOME/\(AgentCommand.homeFolder)}
    state() {
      cd /etc/systemd/system
      cat fleet-agent-recover.service fleet-agent-settle.service 2>/dev/null | sha256sum
      systemctl is-enabled fleet-agent-recover.service fleet-agent-settle.service 2>&1
    }
    before=$(state) || true
    "$folder/fleet-agent" setup
    after=$(state) || true
    if [ "$before" = "$after" ]; then echo same; else echo changed; fi
    """

  /// Names of the apps that the agent keeps a state of, one a line.
  static let apps = """
    cd "${1:-${XDG_STATE_HOME:-$HOME/.local/state}/fleet-agent}" 2>/dev/null || exit 0
    for app in *; do [ ! -d "$app" ] || printf '%s\\n' "$app"; done
    """

  /// Arguments: the app. Its state alone; others go on using the agent.
  static let forgetApp = """
    set -eu
    state=${2:-${XDG_STATE_HOME:-$HOME/.local/state}/fleet-agent}
    [ -n "$1" ] && rm -rf --one-file-system "$state/$1"
    """

  /// All that fleet put on the host. Arguments: `root` or `none`, the app, its work folder. Each line says
  /// what was done or stays.
  static let remove = """
    if [ "$1" = root ]; then
      folder=\(AgentCommand.folder); state=/var/lib/fleet-agent; run=/run/fleet-agent
    else
      folder=$HOME/\(AgentCommand.homeFolder)
      state=${XDG_STATE_HOME:-$HOME/.local/state}/fleet-agent
      run=${XDG_RUNTIME_DIR:-$state}/fleet-agent
    fi
    if [ -x "$folder/fleet-agent" ]; then
      "$folder/fleet-agent" teardown || { echo "failed: fleet-agent teardown"; exit 3; }
      echo "done: boot units"
    fi
    gone() { if [ -e "$1" ] || [ -L "$1" ]; then rm -rf --one-file-system "$1" && echo "done: $1"; fi; }
    [ "$1" = root ] && gone /etc/sudoers.d/fleet-agent
    gone "$state"; gone "$run"
    gone "$folder/fleet-agent"
    rm -f "$folder"/.fleet-agent.*
    rmdir "$folder" 2>/dev/null || true
    if [ -d "$3" ]; then
      if rmdir "$3" 2>/dev/null; then echo "done: $3"; else echo "stays: $3"; fi
    fi
    if [ "$1" = root ]; then
      for place in /etc/systemd/system/fleet-agent-recover.service.d/50-*.conf \\
        /run/systemd/system/*.service.d/50-fleet-hold.conf; do
        gone "$place" && rmdir "${place%/*}" 2>/dev/null
      done
      [ ! -d /run/systemd/system ] || systemctl daemon-reload
    fi
    exit 0
    """
}
