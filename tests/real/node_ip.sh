#!/bin/sh
# Runs the command $1/command.sh twice, in namespaces of its own with the interfaces of $1/interfaces ("NAME ADDRESS..."
# a line). $1/before, if it is there, is /etc/default/kubelet; $1/first and $1/second are what becomes of it.
set -eu
folder=$1
mount -t tmpfs none /etc/default
file=/etc/default/kubelet
if [ -e "$folder/before" ]; then
  cp "$folder/before" "$file"
fi
ip link set lo up
while read -r name addresses; do
  ip link add "$name" type veth peer name "p-$name"
  ip link set "$name" up
  for address in $addresses; do
    ip address add "$address" dev "$name"
  done
done <"$folder/interfaces"
for run in first second; do
  dash "$folder/command.sh"
  if [ -e "$file" ]; then
    cp "$file" "$folder/$run"
  fi
done
