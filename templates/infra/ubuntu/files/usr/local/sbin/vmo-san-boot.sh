#!/bin/sh
# Moves a SAN-booted node from multipath aliases (mpathX) to WWID names, which Portworx needs.
# multipathd renames mounted maps at once, so everything the next boot reads has to follow.
# Does nothing on a local disk; running it again is harmless.
set -eu

conf=/etc/multipath.conf
state=/var/lib/vmo-san-boot
grub_cfg=/boot/grub/grub.cfg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

log() {
  echo "vmo-san-boot: $*"
}

fail() {
  log "$*" >&2
  exit 1
}

# Is this block device a multipath map, a partition of one, or built upon one (LVM, dm-crypt)?
on_multipath() {
  case $(cat "$1/dm/uuid" 2>/dev/null) in
    mpath-* | part*-mpath-*) return 0 ;;
  esac
  for lower in "$1"/slaves/*; do
    if [ -e "$lower" ] && on_multipath "$lower"; then
      return 0
    fi
  done
  return 1
}

# "OLD NEW" for every map or partition that does not carry its WWID name yet.
aliases() {
  for dm in /sys/block/dm-*/dm; do
    [ -r "$dm/uuid" ] || continue
    uuid=$(cat "$dm/uuid")
    old=$(cat "$dm/name")
    case $uuid in
      mpath-*)
        new=${uuid#mpath-}
        ;;
      part*-mpath-*)
        new=${uuid#*-mpath-}-${uuid%%-mpath-*}
        ;;
      *)
        continue
        ;;
    esac
    if [ "$old" != "$new" ]; then
      echo "$old $new"
    fi
  done
}

# A name ends where no further name character follows: mpatha must not match mpathaa or mpatha-part1.
sed_script() {
  while read -r old new; do
    pattern=$(printf '%s' "$old" | sed 's/[.[*^$]/\\&/g')
    printf 's#\\(/dev/mapper/\\|dm-name-\\)%s\\([^[:alnum:]_.-]\\|$\\)#\\1%s\\2#g\n' "$pattern" "$new"
  done <"$state/aliases"
}

rewrite() {
  [ -f "$1" ] || return 0
  sed -f "$work/rename.sed" "$1" >"$work/rewritten"
  if cmp -s "$1" "$work/rewritten"; then
    return 0
  fi
  backup=$state/$(printf '%s' "$1" | tr / _)
  [ -e "$backup" ] || cp -p "$1" "$backup"
  # Written in place, so that owner and mode stay.
  cat "$work/rewritten" >"$1"
  log "rewrote $1"
}

alias_in_grub() {
  while read -r old _; do
    if grep -qF "/dev/mapper/$old" "$grub_cfg"; then
      return 0
    fi
  done <"$state/aliases"
  return 1
}

root=/sys/dev/block/$(mountpoint -d /)
if ! on_multipath "$root"; then
  log "the root file system is not on multipath, nothing to do"
  exit 0
fi

# With either of these the maps would not take their WWIDs as names.
if grep -Eq '^[[:space:]]*(alias[[:space:]]|user_friendly_names[[:space:]]+"?(yes|1))' "$conf"; then
  fail "$conf sets aliases, the boot configuration is left as it is"
fi

if [ -z "$(aliases)" ] && cmp -s "$conf" "$state/multipath.conf"; then
  log "names and initramfs are up to date, nothing to do"
  exit 0
fi

# Kept across runs: after a run that broke off, the kernel no longer knows the old names.
mkdir -p "$state"
aliases >>"$state/aliases"

sed_script >"$work/rename.sed"
for file in /etc/fstab /etc/default/grub /etc/default/grub.d/*.cfg /etc/lvm/lvm.conf; do
  rewrite "$file"
done
rm -f /etc/multipath/bindings

systemctl reload-or-restart multipathd.service || log "multipathd did not take over $conf" >&2
tries=0
while [ -n "$(aliases)" ] && [ "$tries" -lt 30 ]; do
  tries=$((tries + 1))
  sleep 1
done
if [ -n "$(aliases)" ]; then
  log "multipathd has not renamed every map yet; the initramfs will at the next boot" >&2
fi
udevadm settle --timeout=30 || true

# The mount table shows the old names until the next boot, and grub-probe fails on a name that leads nowhere,
# now and in every kernel update before that. The links vanish with the boot.
while read -r old new; do
  if [ ! -e "/dev/mapper/$old" ]; then
    ln -s "$new" "/dev/mapper/$old"
  fi
done <"$state/aliases"

# The initramfs carries its own copy of multipath.conf.
update-initramfs -u -k all || fail "the initramfs was not rebuilt, do not reboot before it is"
update-grub || fail "the GRUB menu was not rebuilt, do not reboot before it is"
if alias_in_grub; then
  # grub-probe insists on the old name of the root device; settings in grub.d come after it.
  echo "GRUB_DEVICE=/dev/mapper/$(cat "$root/dm/name")" >/etc/default/grub.d/99-vmo-san-boot.cfg
  update-grub
  if alias_in_grub; then
    fail "$grub_cfg still names a multipath alias, do not reboot before it is corrected"
  fi
fi

cp "$conf" "$state/multipath.conf"
log "the node boots from its WWID names now"
