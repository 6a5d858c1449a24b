#!/bin/sh
# Installs fsxctl: a release archive after its SHA-256 was verified, or a build of this checkout.
#
# Everything is in functions and `main "$@"` is the last line, so a download that was cut off runs nothing.
set -eu

repository=https://github.com/fsxctl/fsxctl

usage() {
    cat <<'USAGE'
Usage: install.sh [OPTIONS]

Without --archive and --from-source the release for this machine is downloaded; in a checkout without a release, the
checkout is built.

  --archive FILE|URL       this archive (.tar.gz)
  --checksum SHA256|FILE   its SHA-256, or a file with it [default: SHA256SUMS beside the archive]
  --from-source            build the checkout that this script is in
  --version VERSION        the release to download [default: the latest]
  --to DIR                 where fsxctl goes [default: ~/.local/bin]
  --dry-run                say what would be done and stop
  --help                   this text

It never calls sudo. Without a right checksum nothing is installed.
USAGE
}

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "install.sh: $*"
    exit 1
}

# The value of an option, which must be there.
value() {
    if [ "$#" -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value"; fi
    printf '%s' "$2"
}

has() { command -v "$1" >/dev/null 2>&1; }

# The name of this machine in the names of archives.
target() {
    case "$(uname -m)" in
        x86_64 | amd64) cpu=x86_64 ;;
        aarch64 | arm64) cpu=aarch64 ;;
        *) fail "there is no release for $(uname -m); build it with --from-source" ;;
    esac
    case "$(uname -s)" in
        Linux) printf '%s-unknown-linux-musl' "$cpu" ;;
        Darwin) printf '%s-apple-darwin' "$cpu" ;;
        *) fail "there is no release for $(uname -s); build it with --from-source" ;;
    esac
}

# fetch URL FILE
fetch() {
    if has curl; then
        curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$2" "$1"
    elif has wget; then
        wget --https-only --quiet --output-document="$2" "$1"
    else
        fail "cannot download $1: neither curl nor wget is installed"
    fi
}

# get FILE|URL FILE
get() {
    case "$1" in
        https://*) fetch "$1" "$2" ;;
        *://*) fail "$1: only https is downloaded" ;;
        *) if [ -f "$1" ]; then cp "$1" "$2"; else return 1; fi ;;
    esac
}

sha256() {
    if has sha256sum; then
        sha256sum "$1" | cut -d ' ' -f 1
    elif has shasum; then
        shasum -a 256 "$1" | cut -d ' ' -f 1
    else
        fail "cannot verify the archive: neither sha256sum nor shasum is installed"
    fi
}

is_sha256() {
    case "$1" in *[!0-9a-fA-F]*) return 1 ;; esac
    [ "${#1}" -eq 64 ]
}

# wanted_sha256 ARCHIVE CHECKSUM DIRECTORY: what the archive's SHA-256 must be.
wanted_sha256() {
    name=${1##*/}
    if is_sha256 "$2"; then
        printf '%s' "$2" | tr 'A-F' 'a-f'
        return
    fi
    from=$2
    if [ -z "$from" ]; then
        case "$1" in
            */*) from=${1%/*}/SHA256SUMS ;;
            *) from=SHA256SUMS ;;
        esac
    fi
    get "$from" "$3/sums" || fail "there are no checksums at $from; name them with --checksum"
    # `<sum>  <name>` or `<sum> *<name>`; a file with a sum alone counts as well.
    sum=$(awk -v name="$name" '$2 == name || $2 == "*" name || NF == 1 { print $1; exit }' "$3/sums")
    is_sha256 "$sum" || fail "$from has no SHA-256 of $name"
    printf '%s' "$sum" | tr 'A-F' 'a-f'
}

# from_archive ARCHIVE CHECKSUM DIRECTORY: leaves the verified program at DIRECTORY/fsxctl.
from_archive() {
    get "$1" "$3/archive" || fail "there is no archive at $1"
    wanted=$(wanted_sha256 "$1" "$2" "$3")
    found=$(sha256 "$3/archive")
    if [ -z "$found" ] || [ "$found" != "$wanted" ]; then
        fail "the SHA-256 of $1 is $found and must be $wanted; nothing was installed"
    fi
    say "verified ${1##*/}: SHA-256 $found"
    for tool in tar gzip; do
        has "$tool" || fail "cannot unpack the archive: $tool is not installed"
    done
    mkdir "$3/unpacked"
    tar -xzf "$3/archive" -C "$3/unpacked"
    for program in "$3/unpacked/fsxctl" "$3"/unpacked/*/fsxctl; do
        if [ -f "$program" ]; then
            mv "$program" "$3/fsxctl"
            return
        fi
    done
    fail "there is no fsxctl in $1"
}

# The folder of this script, if it is a checkout.
checkout() {
    here=$(cd "$(dirname "$0")" 2>/dev/null && pwd) || return 1
    grep -q '^name = "fsxctl"$' "$here/Cargo.toml" 2>/dev/null || return 1
    printf '%s' "$here"
}

# from_source DIRECTORY
from_source() {
    source=$(checkout) || fail "--from-source needs a checkout, and this script is not in one"
    has cargo || fail "cannot build: cargo is not installed; see https://rustup.rs"
    say "building $source; this takes a while"
    (cd "$source" && cargo build --release --locked --bin fsxctl)
    built=${CARGO_TARGET_DIR:-target}
    case "$built" in /*) ;; *) built=$source/$built ;; esac
    cp "$built/release/fsxctl" "$1/fsxctl"
}

# The folder of a release: release VERSION.
release() {
    if [ -n "$1" ]; then
        printf '%s' "$repository/releases/download/v${1#v}"
    else
        printf '%s' "$repository/releases/latest/download"
    fi
}

# place PROGRAM DIR: the program is there whole, or as it was before.
place() {
    chmod 755 "$1"
    version=$("$1" --version) || fail "the program does not run on this machine; nothing was installed"
    mkdir -p "$2"
    cp "$1" "$2/.fsxctl.$$"
    mv -f "$2/.fsxctl.$$" "$2/fsxctl"
    say "installed $version as $2/fsxctl"
}

hints() {
    case ":${PATH:-}:" in
        *":$1:"*) ;;
        *) say "add it to your PATH: export PATH=\"$1:\$PATH\"" ;;
    esac
    shell=${SHELL:-sh}
    case "${shell##*/}" in
        zsh) say "completions: fsxctl completions zsh > \"\${fpath[1]}/_fsxctl\"" ;;
        fish) say "completions: fsxctl completions fish > ~/.config/fish/completions/fsxctl.fish" ;;
        *) say "completions: fsxctl completions bash > ~/.local/share/bash-completion/completions/fsxctl" ;;
    esac
    say "start with: fsxctl setup dynamic --dry-run"
}

main() {
    archive='' checksum='' source_wanted='' version_wanted='' to='' dry=''
    while [ "$#" -gt 0 ]; do
        case "$1" in
            --archive)
                archive=$(value "$@")
                shift
                ;;
            --checksum)
                checksum=$(value "$@")
                shift
                ;;
            --version)
                version_wanted=$(value "$@")
                shift
                ;;
            --to)
                to=$(value "$@")
                shift
                ;;
            --from-source) source_wanted=yes ;;
            --dry-run) dry=yes ;;
            --help | -h) usage && return ;;
            *) fail "there is no option $1; see --help" ;;
        esac
        shift
    done
    if [ -n "$archive" ] && [ -n "$source_wanted" ]; then fail "--archive and --from-source exclude each other"; fi
    if [ -z "$to" ]; then to=${HOME:?"install.sh: name a folder with --to, HOME is not set"}/.local/bin; fi
    if [ -n "$dry" ]; then
        if [ -n "$archive" ]; then
            what=$archive
        elif [ -n "$source_wanted" ]; then
            what="a build of $(checkout || fail "this script is not in a checkout")"
        else
            what="release ${version_wanted:-latest} for $(target)"
        fi
        say "would install fsxctl from $what as $to/fsxctl; nothing was done"
        return
    fi
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if [ -n "$archive" ]; then
        from_archive "$archive" "$checksum" "$work"
    elif [ -n "$source_wanted" ]; then
        from_source "$work"
    else
        machine=$(target)
        folder=$(release "$version_wanted")
        if fetch "$folder/SHA256SUMS" "$work/probe"; then
            from_archive "$folder/fsxctl-$machine.tar.gz" "$checksum" "$work"
        elif [ -n "$version_wanted" ] || ! checkout >/dev/null; then
            fail "there is no such release at $folder"
        else
            say "there is no release at $folder; building the checkout instead"
            from_source "$work"
        fi
    fi
    place "$work/fsxctl" "$to"
    hints "$to"
}

main "$@"
