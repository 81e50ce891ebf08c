#!/bin/sh
# For the guests with disks: an /etc of their own, udevd with the rules about disks, and disks that pose as an array's.

# The name of the LUN, as the array forms it.
wwid=3624a9370abcdef0123456789abcdef01

mkdir -p /run/etc/multipath /run/etc/udev/rules.d /run/etc/lvm /run/etc/default/grub.d /run/rules /run/lock /run/udev
for name in ld.so.cache passwd group nsswitch.conf alternatives mke2fs.conf grub.d; do
  [ ! -e "/etc/$name" ] || cp -a "/etc/$name" /run/etc/
done
mount --bind /run/etc /etc
for name in 50-udev-default 55-dm 55-scsi-sg3_id 56-dm-mpath 56-dm-parts 60-kpartx 60-multipath 60-persistent-storage \
  60-persistent-storage-dm 68-del-part-nodes 95-dm-notify; do
  cp "/usr/lib/udev/rules.d/$name.rules" /run/rules/ || bad "there are rules $name"
done
mount --bind /run/rules /usr/lib/udev/rules.d
# The disks have a serial number of their own making; the array's stands in for it.
echo "ACTION!=\"remove\", SUBSYSTEM==\"block\", KERNEL==\"sd*[!0-9]\", ENV{ID_VENDOR}==\"PURE\", ENV{ID_SERIAL}=\"$wwid\"" \
  >/etc/udev/rules.d/57-array-serial.rules

modprobe -a sd_mod dm-multipath dm-service-time || bad "the modules are loaded"
modprobe scsi_debug add_host=0 inq_rev=1 dev_size_mb=32 vpd_use_hostno=0 || bad "scsi_debug is loaded"

/lib/systemd/systemd-udevd &
comes "udevd listens" test -S /run/udev/control

# plug VENDOR PRODUCT PATHS
plug() {
  printf '%-8s' "$1" >/sys/module/scsi_debug/parameters/inq_vendor
  printf '%-16s' "$2" >/sys/module/scsi_debug/parameters/inq_product
  echo "$3" >/sys/bus/pseudo/drivers/scsi_debug/add_host
  udevadm settle
}
