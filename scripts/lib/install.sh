# Installs what the tests need and the machine does not have. Sourced by scripts/test.sh.

# Runs a command as root: directly, or with sudo where it asks for no password.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    echo "not root, and sudo asks for a password: cannot run $*" >&2
    return 1
  fi
}

# install_package APT DNF APK BREW: installs one package under its name on this system.
install_package() {
  if command -v apt-get >/dev/null; then
    if [ -z "${apt_is_fresh:-}" ]; then
      as_root apt-get update -qq || return 1
      apt_is_fresh=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
  elif command -v dnf >/dev/null; then
    as_root dnf install -y -q "$2"
  elif command -v apk >/dev/null; then
    as_root apk add --quiet "$3"
  elif command -v brew >/dev/null; then
    brew install --quiet "$4"
  else
    echo "no package manager that this script knows" >&2
    return 1
  fi
}

# need WHAT CHECK APT DNF APK BREW: installs a package unless CHECK succeeds, and says so when that is in vain.
need() {
  local what=$1 check=$2
  shift 2
  if ! eval "$check" >/dev/null 2>&1; then
    echo "installing $what"
    install_package "$@" || true
    eval "$check" >/dev/null 2>&1 || echo "MISSING: $what could not be installed; what needs it will fail"
  fi
}

# Where the browser is; systems name it differently. CHROMIUM says it, if it is set.
chromium_path() {
  if [ -n "${CHROMIUM:-}" ]; then
    echo "$CHROMIUM"
  else
    command -v chromium || command -v chromium-browser
  fi
}

# Everything but the Rust tool chain.
install_all() {
  need "a C compiler" "command -v cc" build-essential gcc build-base gcc
  need "redis-server" "command -v redis-server" redis-server redis redis redis
  need "redis-cli" "command -v redis-cli" redis-tools redis redis redis
  # The system's interpreter, because that is the one the package is for.
  need "aiosmtpd" "/usr/bin/python3 -c 'import aiosmtpd'" python3-aiosmtpd python3-aiosmtpd py3-aiosmtpd aiosmtpd
  need "node" "command -v node" nodejs nodejs nodejs node
  need "npm" "command -v npm" npm npm npm node
  need "chromium" "chromium_path" chromium chromium chromium chromium
  if ! command -v cargo-deny >/dev/null; then
    echo "installing cargo-deny (this takes some minutes, once)"
    cargo install --locked --quiet cargo-deny@0.20.2 || echo "MISSING: cargo-deny could not be installed"
  fi
}
