#!/bin/sh
# Runs the SAN-boot script $1/script.sh twice on a node that is only made of files, in a mount namespace of its own.
# $1/etc, $1/boot and $1/dm (one folder for each map, with `uuid`, `name` and perhaps `slaves`) are the node's before, and what becomes of
# them is put back there; the programs that the script calls are those of $1/bin. $1/root names the map below the root file
# system. What the runs say and end with is $1/first, $1/second and their .exit.
set -eu
folder=$1
device=$(mountpoint -d /)
for place in etc boot sys dev var/lib; do
  mount -t tmpfs none "/$place"
done
mkdir -p /dev/mapper /sys/dev/block /sys/block
cp -R "$folder/etc/." /etc
cp -R "$folder/boot/." /boot
for map in "$folder"/dm/*; do
  number=${map##*/}
  mkdir -p "/sys/block/$number"
  cp -R "$map" "/sys/block/$number/dm"
  : >"/dev/mapper/$(cat "$map/name")"
  if [ -e "$map/slaves" ]; then
    mkdir "/sys/block/$number/slaves"
    while read -r below; do
      ln -s "../../$below" "/sys/block/$number/slaves/$below"
    done <"$map/slaves"
  fi
done
if [ -e "$folder/root" ]; then
  ln -s "../../block/$(cat "$folder/root")" "/sys/dev/block/$device"
fi
PATH=$folder/bin:$PATH
export PATH
for run in first second; do
  status=0
  dash "$folder/script.sh" >"$folder/$run" 2>&1 || status=$?
  echo "$status" >"$folder/$run.exit"
  rm -rf "$folder/after-$run"
  mkdir "$folder/after-$run"
  cp -R /etc /boot /dev/mapper "$folder/after-$run"
done
