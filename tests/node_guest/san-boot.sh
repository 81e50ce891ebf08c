#!/bin/sh
# Nodes that boot from a local disk and from a SAN, the latter as curtin leaves it: with aliases for its maps. CASE holds
# multipath.conf, vmo-san-boot.sh, and multipath.sh with the command that runs it.
# shellcheck source=array.sh
. "${SCRIPT%/*}/array.sh"

# root FOLDER: a root file system with what programs need
root() {
  for folder in usr etc proc sys dev run tmp var; do
    mkdir "$1/$folder"
    mount --rbind "/$folder" "$1/$folder"
  done
  mkdir -p "$1/boot/grub" "$1$CASE"
  mount --bind "$CASE" "$1$CASE"
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$1"
}
# state: all that the script may change
state() { find /etc/fstab /etc/default /etc/lvm /etc/multipath /boot/grub /var/lib/vmo-san-boot -type f -exec md5sum {} + 2>/dev/null; }
names() { cat /sys/block/dm-*/dm/name | tr '\n' ' '; }

# Programs that are not here, or would take too long, are recorded.
mkdir /run/bin
cat >/run/bin/systemctl <<'END'
#!/bin/sh
echo "systemctl $*" >>/run/calls
[ ! -e /run/reloads ] || multipathd reconfigure >/dev/null
END
cat >/run/bin/update-initramfs <<'END'
#!/bin/sh
echo "update-initramfs $*" >>/run/calls
[ ! -e /run/initramfs-fails ]
END
cat >/run/bin/update-grub <<'END'
#!/bin/sh
echo "update-grub $*" >>/run/calls
exec grub-mkconfig -o /boot/grub/grub.cfg
END
chmod +x /run/bin/*
PATH=/run/bin:$PATH
# calls: what was called since the last time, on one line
calls() {
  touch /run/calls
  tr '\n' ';' </run/calls
  : >/run/calls
}
# What is about the kernels is enough of GRUB's menu.
rm -f /etc/grub.d/[!1]*
mount -t tmpfs tmpfs /usr/local/sbin
cp "$CASE/vmo-san-boot.sh" /usr/local/sbin/
chmod +x /usr/local/sbin/vmo-san-boot.sh

# curtin's multipath.conf says nothing of find_multipaths; without it the first boot knows the maps from its own list.
printf 'defaults {\n  user_friendly_names yes\n  find_multipaths yes\n}\n' >/etc/multipath.conf
multipathd -d &
plug PURE FlashArray 2
comes "the LUN has an alias" test -e /dev/mapper/mpatha
udevadm settle
echo ',,L' | sfdisk --quiet --no-reread --no-tell-kernel /dev/mapper/mpatha
kpartx -a -s -p -part /dev/mapper/mpatha
comes "its partition has one too" test -e /dev/mapper/mpatha-part1
cat >/etc/fstab <<'END'
/dev/mapper/mpatha-part1 / ext4 defaults 0 1
/dev/disk/by-id/dm-name-mpatha-part1 /again ext4 defaults 0 2
/dev/mapper/mpatha-part10 /ten ext4 defaults 0 2
/dev/mapper/mpathaa /other ext4 defaults 0 2
UUID=0a0a /uuid ext4 defaults 0 2
END
echo 'GRUB_CMDLINE_LINUX="resume=/dev/mapper/mpatha-part1 quiet"' >/etc/default/grub
printf 'GRUB_DEVICE=/dev/mapper/mpatha-part1\nGRUB_DISABLE_LINUX_UUID=true\n' >/etc/default/grub.d/50-curtin-multipath.cfg
printf 'GRUB_DISABLE_RECOVERY=true\nGRUB_DISABLE_SUBMENU=true\n' >/etc/default/grub.d/10-one-entry.cfg
echo 'filter = [ "a|/dev/mapper/mpatha|", "r|.*|" ]' >/etc/lvm/lvm.conf

# A node with a local disk, which has the array's disks beside it.
modprobe loop
truncate --size 8M /run/disk
mkfs.ext4 -q /run/disk
mkdir /run/local /run/san
mount -o loop /run/disk /run/local
root /run/local
before=$(state)
said=$(chroot /run/local sh "$CASE/multipath.sh")
is "a local disk leaves nothing to do" "$said" "vmo-san-boot: the root file system is not on multipath, nothing to do"
is "a local disk's node takes over multipath.conf" "$(calls)" "systemctl reload-or-restart multipathd.service;"
is "a local disk's files stay" "$(state)" "$before"

# From here on the root is on the LUN.
mkfs.ext4 -q -N 128 -O ^has_journal /dev/mapper/mpatha-part1
mount /dev/mapper/mpatha-part1 /run/san
root /run/san
mkdir /run/san/old
cd /run/san || bad "there is a root"
pivot_root . old
cd /
touch /boot/vmlinuz-6.1.0 /boot/initrd.img-6.1.0 /run/reloads
echo "linux /boot/vmlinuz-6.1.0 root=/dev/mapper/mpatha-part1 ro" >/boot/grub/grub.cfg
holds "the alias is kept" grep -q "^mpatha $wwid\$" /etc/multipath/bindings

before=$(state)
said=$(sh "$CASE/multipath.sh" 2>&1)
case $said in
  *"/etc/multipath.conf sets aliases"*"may not boot"*) ok "a multipath.conf with aliases is refused" ;;
  *) bad "a multipath.conf with aliases is refused: $said" ;;
esac
is "nothing is called then" "$(calls)" ""
is "nothing is changed then" "$(state)" "$before"

cp "$CASE/multipath.conf" /etc/
touch /run/initramfs-fails
said=$(sh "$CASE/multipath.sh" 2>&1)
case $said in
  *"the initramfs was not rebuilt"*"may not boot"*) ok "an initramfs that fails is said" ;;
  *) bad "an initramfs that fails is said: $said" ;;
esac
is "and the rest waits for it" "$(calls)" "systemctl reload-or-restart multipathd.service;update-initramfs -u -k all;"

# As if it had been cut off before it made these: the kernel no longer knows the names, so the next run has to.
rm /run/initramfs-fails /dev/mapper/mpatha /dev/mapper/mpatha-part1
said=$(sh "$CASE/multipath.sh" 2>&1)
case $said in
  *"boots from its WWID names now") ok "the next run takes it up" ;;
  *) bad "the next run takes it up: $said" ;;
esac
made=$(calls)
# With GRUB's menu first the initramfs would be the old one.
case $made in
  *"update-initramfs -u -k all;update-grub ;"*"systemctl reload-or-restart multipathd.service;") ok "it rebuilds what boots" ;;
  *) bad "it rebuilds what boots: $made" ;;
esac
is "fstab has the WWID, and other names stay" "$(cat /etc/fstab)" "/dev/mapper/$wwid-part1 / ext4 defaults 0 1
/dev/disk/by-id/dm-name-$wwid-part1 /again ext4 defaults 0 2
/dev/mapper/mpatha-part10 /ten ext4 defaults 0 2
/dev/mapper/mpathaa /other ext4 defaults 0 2
UUID=0a0a /uuid ext4 defaults 0 2"
is "GRUB's command line has it" "$(cat /etc/default/grub)" "GRUB_CMDLINE_LINUX=\"resume=/dev/mapper/$wwid-part1 quiet\""
is "curtin's settings of GRUB have it" "$(cat /etc/default/grub.d/50-curtin-multipath.cfg)" \
  "GRUB_DEVICE=/dev/mapper/$wwid-part1
GRUB_DISABLE_LINUX_UUID=true"
is "LVM's filter has it" "$(cat /etc/lvm/lvm.conf)" "filter = [ \"a|/dev/mapper/$wwid|\", \"r|.*|\" ]"
holds "GRUB's menu has it" grep -q " root=/dev/mapper/$wwid-part1 .*resume=/dev/mapper/$wwid-part1 " /boot/grub/grub.cfg
is "GRUB's menu has no alias" "$(grep -c mpath /boot/grub/grub.cfg)" 0
is "the maps have it" "$(names)" "$wwid $wwid-part1 "
# multipathd makes the file anew, with comments only.
is "the alias is no longer kept" "$(grep -c "$wwid" /etc/multipath/bindings)" 0
holds "the old name leads to the root until the next boot" test /dev/mapper/mpatha-part1 -ef "/dev/mapper/$wwid-part1"

before=$(state)
said=$(sh "$CASE/multipath.sh" 2>&1)
is "the third run has nothing to do" "$said" "vmo-san-boot: names and initramfs are up to date, nothing to do"
is "it only takes over multipath.conf" "$(calls)" "systemctl reload-or-restart multipathd.service;"
is "it changes nothing" "$(state)" "$before"
