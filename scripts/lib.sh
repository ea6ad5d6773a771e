# shellcheck shell=bash
# Shared by the scripts here: `. "$(dirname "$0")/lib.sh"`, after `set -euo pipefail`.

shopt -s inherit_errexit

export JOULERIG_T0=${JOULERIG_T0:-$EPOCHSECONDS}   # the outermost script's start, so that nested ones count on
JOBS=${JOBS:-$(nproc)}
SUDO=()                                            # how to become root; set by need_root_or_sudo
PACKAGES_FILE=$(dirname "${BASH_SOURCE[0]}")/packages.txt

# say TEXT... : one progress line on stderr, with the time since the start
say() {
  local s=$((EPOCHSECONDS - JOULERIG_T0))
  printf '[%2d:%02d] %s\n' $((s / 60)) $((s % 60)) "$*" >&2
}

# die TEXT... : one error line, and out
die() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# quietly LOG COMMAND... : its output goes to the end of LOG, of which the last lines are shown should it fail
quietly() {
  local log=$1 status=0
  shift
  "$@" >>"$log" 2>&1 </dev/null || status=$?
  ((status == 0)) || { printf '  | %s\n' "\$ $*"; tail -n 15 "$log" | sed 's/^/  | /'; } >&2
  return "$status"
}

# packages_in SECTION... : the packages that packages.txt lists in these sections, one a line
packages_in() {
  local section
  for section; do
    grep -q "^\[$section\]" "$PACKAGES_FILE" || die "$PACKAGES_FILE has no section [$section]"
  done
  awk -v wanted=" $* " '
    { sub(/#.*/, "") }
    /^\[/ { here = index(wanted, " " substr($1, 2, length($1) - 2) " "); next }
    NF && here && !seen[$1]++ { print $1 }' "$PACKAGES_FILE"
}

# missing_of PKG... : those of them that are not installed, one a line
missing_of() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
  printf '%s\n' "$@" | grep -vxF -e "$installed" || true
}

# need_root_or_sudo REMEDY : sets SUDO to what a command needs before it, or ends with REMEDY
need_root_or_sudo() {
  SUDO=()
  ((EUID == 0)) && return
  if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
    SUDO=(sudo)
  else
    die "this needs root, and there is no sudo to ask; run as root: $1"
  fi
}

# install_packages PKG... : installs those that are missing, from the Debian mirror this machine is set up for
install_packages() {
  local missing remedy log apt
  command -v dpkg-query >/dev/null || die "no dpkg here: this is made for Debian; install by other means: $*"
  mapfile -t missing < <(missing_of "$@")
  ((${#missing[@]})) || return 0
  remedy="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  need_root_or_sudo "$remedy"
  say "installing from Debian: ${missing[*]}"
  log=$(mktemp)
  apt=("${SUDO[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update >>"$log" 2>&1 || say "apt-get update failed; trying with the package lists at hand"
  quietly "$log" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" ||
    die "apt could not install them (all it said: $log); when that is mended, run as root: $remedy"
  rm -f "$log"
}

# install_sections SECTION... : install_packages with all that packages.txt lists there
install_sections() {
  local packages
  packages=$(packages_in "$@")
  # shellcheck disable=SC2086  # one word a package
  install_packages $packages
}
