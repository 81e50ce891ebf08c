#!/bin/sh
# The kernel's settings: CASE/sysctl.d holds the files.

# This kernel has every key that we set, so none is let off. On Ubuntu IPv6 is part of the kernel, here it is a module.
modprobe ipv6 || bad "the module is loaded"

for file in "$CASE"/sysctl.d/*.conf; do
  name=${file##*/}
  said=$(sysctl -q -p "$file" 2>&1)
  is "sysctl ends well with $name" $? 0
  is "sysctl has nothing to say about $name" "$said" ""
  # What a node's boot uses.
  said=$(/lib/systemd/systemd-sysctl "$file" 2>&1)
  is "systemd-sysctl ends well with $name" $? 0
  is "systemd-sysctl has nothing to say about $name" "$said" ""
done
# Only now, so that no file has taken another's setting back.
for file in "$CASE"/sysctl.d/*.conf; do
  sed -n 's/^\([^#=]*[^#= ]\) *= *\(.*\)/\1 \2/p' "$file" >/run/settings
  while read -r key value; do
    is "$key" "$(sysctl -n "$key")" "$value"
  done </run/settings
done
