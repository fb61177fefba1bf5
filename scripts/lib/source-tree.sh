# Source it from a script in scripts/: goes to the root of the repository or, when a revision is given, to a folder with
# the source of that revision, read from git, which goes away with the script.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ $# -gt 0 ]; then
  tree="$(mktemp -d)"
  trap 'rm -rf "$tree"' EXIT
  git archive "$1" src | tar --extract --directory "$tree"
  cd "$tree"
fi
