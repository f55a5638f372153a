# What the other parts share: words to the person, and packages from Debian.

say() { printf 'windows: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

need_program() {
  [ -f "$1" ] || fail "there is no program '$1': build it first, with tests/lab/windows build"
}

# Installs those of the named packages that are missing.
packages() {
  local name missing=()
  for name in "$@"; do
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || fail "these packages are missing and only root can install them: ${missing[*]}"
  say "installing ${missing[*]}"
  # Lists that are a little old do, as long as they name the packages.
  apt-get --quiet update >"$state/apt.log" 2>&1 || say "apt-get update failed; going on with the lists at hand"
  DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends install "${missing[@]}" \
    >>"$state/apt.log" 2>&1 && return
  tail -n 20 "$state/apt.log" >&2
  fail "packages did not install; the newest Rust of Debian 12 comes from its security archive: is it among the sources?"
}

clippy_driver() { packages rust-web-clippy; }
terminal_packages() { packages tmux; }
screen_packages() { packages xvfb xauth x11-utils xdotool imagemagick fonts-dejavu-core; }
