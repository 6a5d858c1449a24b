#!/bin/sh
# What the pods of `fsxctl verify` run, one on each node: write a file, lock, read what another node wrote, compare, and
# leave nothing behind. What it prints and ends with is the protocol of docs/verify.md.
#
# POSIX sh, and only programs that busybox has: nothing is downloaded, nothing is written outside of the claim. It begins
# with what the pod's environment says:
#   FSXCTL_VERIFY_RUN        the run, eight hexadecimal digits: its own directory in the file system
#   FSXCTL_VERIFY_SELF       this pod's number, from 0
#   FSXCTL_VERIFY_PEER       the number of the pod whose file it reads; its own when it is alone
#   FSXCTL_VERIFY_PEERS      how many pods there are
#   FSXCTL_VERIFY_MIB        size of the file, MiB
#   FSXCTL_VERIFY_SECONDS    how long it waits for others
#   FSXCTL_VERIFY_READ_ONLY  true: look at the mount and write nothing
#   FSXCTL_VERIFY_DIR        where the claim is mounted (default /fsx)
#   FSXCTL_VERIFY_MOUNTS     the list of mounts (default /proc/mounts)
set -u

root=${FSXCTL_VERIFY_DIR:-/fsx}
mounts=${FSXCTL_VERIFY_MOUNTS:-/proc/mounts}
run=${FSXCTL_VERIFY_RUN:-}
self=${FSXCTL_VERIFY_SELF:-}
peer=${FSXCTL_VERIFY_PEER:-}
peers=${FSXCTL_VERIFY_PEERS:-}
mib=${FSXCTL_VERIFY_MIB:-}
seconds=${FSXCTL_VERIFY_SECONDS:-}
read_only=${FSXCTL_VERIFY_READ_ONLY:-false}

say() { printf 'fsxctl-verify/1 %s\n' "$*"; }

# Tools say first what went wrong, and then how far they came.
fail() { say "failed step=$1 text=$(printf '%s\n' "$2" | head -n 1 | tr -d '\000-\010\013-\037\177')"; }

end() {
    if [ "$1" -eq 0 ]; then say 'end verdict=ok'; else say 'end verdict=failed'; fi
    exit "$1"
}

wrong() {
    fail mounted "wrong call: $1"
    end 64
}

case $run in '' | *[!0-9a-f]*) wrong 'FSXCTL_VERIFY_RUN is no hexadecimal number' ;; esac
for number in "$self" "$peer" "$peers" "$mib" "$seconds"; do
    case $number in '' | *[!0-9]*) wrong "'$number' is no number" ;; esac
done
[ "$peers" -gt 0 ] && [ "$self" -lt "$peers" ] && [ "$peer" -lt "$peers" ] || wrong 'there is no such pod'

dir=$root/.fsxctl-verify-$run
# Every pod reads the file of the next one, so its own is read by the one before.
reader=$(((self + peers - 1) % peers))

# Milliseconds of a clock that only goes forward. No shell has one; the kernel's counts hundredths of seconds.
now() {
    read -r up _ </proc/uptime
    echo $((${up%.*} * 1000 + 1${up#*.}0 - 1000))
}

begun=$(now)
is_over() { [ $(($(now) - begun)) -ge $((seconds * 1000)) ]; }

mounted() {
    device='' kind='' options=''
    while read -r its_device its_point its_kind its_options _; do
        # What is mounted last covers what was mounted there before.
        [ "$its_point" = "$root" ] && device=$its_device kind=$its_kind options=$its_options
    done <"$mounts"
    if [ "$kind" != lustre ]; then
        fail mounted "$root is ${kind:-no mount}, and not a mount of type lustre"
        return 20
    fi
    say "mounted source=$device type=$kind options=$options"
}

written() {
    text=$(mkdir "$dir" 2>&1) || [ -d "$dir" ] || return 1
    since=$(now)
    # Random, because what is all the same is compressed away on the other side.
    text=$(dd if=/dev/urandom of="$dir/$self.data" bs=1048576 count="$mib" conv=fsync 2>&1) || return 1
    ms=$(($(now) - since))
    # From here on the words are those of what failed: dd tells how far it came even when all went well.
    text=$({ sha256sum <"$dir/$self.data"; } 2>&1) || return 1
    sum=${text%% *}
    text=$({ wc -c <"$dir/$self.data"; } 2>&1) || return 1
    bytes=$text
    text=$({ printf '%s\n' "$sum" >"$dir/$self.sum.new" && mv "$dir/$self.sum.new" "$dir/$self.sum"; } 2>&1) || return 1
    say "written bytes=$((bytes)) ms=$ms sha256=$sum"
}

locked() {
    text=$({ flock -x -n 9 9>"$dir/$self.lock"; } 2>&1) || return 1
    say 'locked how=flock'
}

peer_has_written() {
    until [ -e "$dir/$peer.sum" ]; do
        if is_over; then
            fail read "the file of pod $peer did not come within $seconds s"
            return 25
        fi
        sleep 1
    done
}

compared() {
    since=$(now)
    if ! text=$(dd if="$dir/$peer.data" of=/dev/null bs=1048576 2>&1); then
        fail read "$text"
        return 23
    fi
    ms=$(($(now) - since))
    if ! text=$({ sha256sum <"$dir/$peer.data"; } 2>&1); then
        fail read "$text"
        return 23
    fi
    sum=${text%% *}
    if ! text=$({ wc -c <"$dir/$peer.data"; } 2>&1); then
        fail read "$text"
        return 23
    fi
    bytes=$text
    say "read from=$peer bytes=$((bytes)) ms=$ms sha256=$sum"
    wanted=$(cat "$dir/$peer.sum")
    [ "$sum" = "$wanted" ] && return 0
    fail compared "$peer.data reads as $sum, and $wanted was written"
    return 24
}

work() {
    say "begin run=$run self=$self peer=$peer peers=$peers mib=$mib uid=$(id -u) gid=$(id -g)"
    mounted || return 20
    if [ "$read_only" = true ]; then
        if ! text=$(ls -a "$root" 2>&1 >/dev/null); then
            fail read "$text"
            return 23
        fi
        say listed
        return 0
    fi
    text='what was written cannot be read again'
    if ! written; then
        fail written "$text"
        return 21
    fi
    code=0
    if ! locked; then
        fail locked "${text:-the lock is held by somebody else}"
        code=22
    fi
    peer_has_written || return $?
    compared || code=$?
    # Its file must stay until it was read.
    : >"$dir/$self.read"
    until [ -e "$dir/$reader.read" ] || is_over; do sleep 1; done
    return "$code"
}

# Takes away what is this pod's: its files, and the mark of the one that read them, who left it for this pod to see. Its
# own mark only when nobody is there any more to see it.
leave() {
    rm -f "$dir/$self.data" "$dir/$self.sum" "$dir/$self.sum.new" "$dir/$self.lock" "$dir/$reader.read" || return 1
    [ -e "$dir/$peer.data" ] || rm -f "$dir/$self.read" || return 1
    rmdir "$dir" 2>/dev/null || :
}

child=''
# shellcheck disable=SC2329  # the trap calls it
interrupted() {
    trap '' TERM INT HUP
    if [ -n "$child" ] && kill -TERM "$child" 2>/dev/null; then
        wait "$child" 2>/dev/null
    fi
    if [ -d "$dir" ]; then
        text=$(leave 2>&1)
        # What its last tool was about to make may have come in between.
        sleep 1
        if text=$(leave 2>&1); then say removed; else fail removed "$text"; fi
    fi
    end 27
}
trap interrupted TERM INT HUP

# In a process of its own: a shell hears signals only between two programs, and a large file takes its time.
work &
child=$!
wait "$child"
code=$?
child=''
if [ "$read_only" != true ] && [ -d "$dir" ]; then
    if text=$(leave 2>&1); then
        say removed
    else
        fail removed "$text"
        [ "$code" -ne 0 ] || code=26
    fi
fi
end "$code"
