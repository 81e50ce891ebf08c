#!/bin/sh
# The init of a User Mode Linux guest. Its root is the host's: what a script writes anywhere but on a tmpfs or below CASE is
# written on the host.
#
# From the kernel's command line: CASE, a folder for what goes in and out; SCRIPT, which says what happens here; LIMIT, the
# seconds that it may take. What is found goes to CASE/results, one line each.
exec 2>&1
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

: >"$CASE/results"
say() { printf '%s\n' "$*" >>"$CASE/results"; }
# With the time since the boot, which tells what is slow.
ok() {
  read -r seconds _ </proc/uptime
  say "ok $* ($seconds s)"
}
bad() { say "not ok $*"; }
# is NAME FOUND WANTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: \`$2\` is not \`$3\`"; fi; }
# holds NAME COMMAND...
holds() {
  name=$1
  shift
  if "$@"; then ok "$name"; else bad "$name"; fi
}
# comes NAME COMMAND...: it holds within some seconds
comes() {
  name=$1
  shift
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ]; then
      bad "$name"
      return
    fi
    # Each look takes the time of several processes.
    sleep 0.2
  done
  ok "$name"
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
# What goes in and out may lie below one of the folders that are covered here.
scripts=${SCRIPT%/*}
for folder in "$CASE" "$scripts"; do
  mkdir -p "/run/kept$folder"
  mount --bind "$folder" "/run/kept$folder"
done
for folder in /tmp /var/lib; do
  mount -t tmpfs tmpfs "$folder"
done
for folder in "$CASE" "$scripts"; do
  if [ ! -d "$folder" ]; then
    mkdir -p "$folder"
    mount --bind "/run/kept$folder" "$folder"
  fi
done
(
  sleep "$LIMIT"
  bad "the guest comes to its end within $LIMIT seconds"
  poweroff --force --no-wtmp
) &
# The modules come with their index, but not where modprobe looks.
mkdir /run/modules
ln -s "/usr/lib/uml/modules/$(uname -r)" /run/modules/
mount --bind /run/modules /lib/modules

# shellcheck source=/dev/null
. "$SCRIPT"

say end
poweroff --force --no-wtmp
