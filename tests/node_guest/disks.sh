#!/bin/sh
# Disks of an array, two paths to one LUN, beside another vendor's: what udevd and multipathd make of them. CASE holds
# multipath.conf, the udev rules, udev-rules.sh with the command that takes them over, and the multipath.conf of other
# storage, in yes/ and no/ by their find_multipaths.
# shellcheck source=array.sh
. "${SCRIPT%/*}/array.sh"

# scheduler DISK
scheduler() {
  read -r line <"/sys/block/$1/queue/scheduler"
  line=${line#*[}
  echo "${line%%]*}"
}
# setting PATH
setting() {
  read -r line <"/sys/block/$1"
  echo "$line"
}
# table MAP: what the kernel was told, without the numbers of disks
table() { dmsetup table "$1" | sed 's/[0-9]*:[0-9]*/PATH/g'; }
# The other vendor's disk has no map of its own.
alone() { [ -z "$(ls -A /sys/block/sda/holders)" ]; }

cp "$CASE/multipath.conf" /etc/
multipathd -d &
multipathd=$!
plug OTHER Disk 1
plug PURE FlashArray 2
comes "two paths have one map, by the WWID" test -e "/dev/mapper/$wwid"
udevadm settle
is "the map fails at once where no path is left, and asks ALUA" "$(table "$wwid")" \
  "0 65536 multipath 0 1 alua 2 1 service-time 0 1 2 PATH 1 1 service-time 0 1 2 PATH 1 1 "
is "multipathd follows the array at once" "$(multipathd show maps raw format '%n %F %Q')" "$wwid immediate off"
holds "the other vendor's disk is no map" alone
map=$(readlink -f "/dev/mapper/$wwid")
map=${map#/dev/}
is "it is the first map" "$map" dm-0
dmsetup create other --table "0 2048 linear /dev/sda 0"
udevadm settle

# All that the rules set is something else before.
for disk in sda sdb sdc dm-0 dm-1; do
  # This kernel has one CPU and refuses the setting, so a file takes its place.
  echo 1 >"/run/rq_affinity-$disk"
  mount --bind "/run/rq_affinity-$disk" "/sys/block/$disk/queue/rq_affinity"
  echo 1 >"/sys/block/$disk/queue/add_random"
  [ "$disk" = dm-1 ] || echo mq-deadline >"/sys/block/$disk/queue/scheduler"
done

cp "$CASE/99-pure-storage.rules" /etc/udev/rules.d/
sh "$CASE/udev-rules.sh" || bad "the command that takes over the rules ends well"
udevadm settle
for disk in sdb sdc dm-0; do
  is "$disk has no scheduler" "$(scheduler $disk)" none
  is "$disk gives no entropy" "$(setting $disk/queue/add_random)" 0
  is "$disk completes requests where they came from" "$(setting $disk/queue/rq_affinity)" 2
done
for disk in sdb sdc; do is "$disk waits for a failover" "$(setting $disk/device/timeout)" 60; done
is "the other vendor's disk keeps its scheduler" "$(scheduler sda)" mq-deadline
is "the other vendor's disk keeps its timeout" "$(setting sda/device/timeout)" 30
for disk in sda dm-1; do
  is "$disk keeps giving entropy" "$(setting $disk/queue/add_random)" 1
  is "$disk keeps its place of completion" "$(setting $disk/queue/rq_affinity)" 1
done
dmsetup remove other

plug PURE FlashArray 1
is "a path that comes later has no scheduler" "$(scheduler sdd)" none
is "a path that comes later waits for a failover" "$(setting sdd/device/timeout)" 60

# with CONF: multipathd as it starts with it
set_up() {
  case $(multipathd show daemon 2>/dev/null) in
    *idle | *running) ;;
    *) return 1 ;;
  esac
}
with() {
  kill "$multipathd"
  wait "$multipathd"
  cp "$1" /etc/multipath.conf
  multipathd -d &
  multipathd=$!
  comes "multipathd starts with ${1##*/}" set_up
}
# Once a disk has had a map, find_multipaths no longer keeps it from one.
for conf in "$CASE"/yes/*.conf; do
  with "$conf"
  holds "the other vendor's disk is no map with ${conf##*/}" alone
  holds "the LUN has its name with ${conf##*/}" test -e "/dev/mapper/$wwid"
done
has_map() { ! alone; }
for conf in "$CASE"/no/*.conf; do
  with "$conf"
  comes "a single path has a map with ${conf##*/}" has_map
  is "its name is its WWID with ${conf##*/}" "$(cat /sys/block/sda/holders/*/dm/name)" \
    "$(udevadm info --query=property --property=ID_SERIAL --value /sys/block/sda)"
done
