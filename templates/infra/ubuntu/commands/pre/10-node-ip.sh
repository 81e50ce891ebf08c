# The node's InternalIP is its address on the management network, whichever interface has the default route.
(
  cidr=<{ site.network.management.cidr }>
  file=/etc/default/kubelet
  ip=$(ip -4 -o address show to "$cidr" scope global primary | awk '{ sub("/.*", "", $4); print $4; exit }')
  if [ -z "$ip" ]; then
    echo "vmo: no address in $cidr, the kubelet chooses the node IP" >&2
  elif grep -qs '^KUBELET_EXTRA_ARGS=' "$file"; then
    # Node images leave this line without a line end, so the flag goes into the value and is never appended.
    sed -i \
      -e '/^KUBELET_EXTRA_ARGS=/!b' \
      -e "s/--node-ip[= ][^ \"']* *//g" \
      -e "s/^KUBELET_EXTRA_ARGS=[\"']\{0,1\}/&--node-ip=$ip /" \
      -e "s/ *\([\"']\{0,1\}\)\$/\1/" \
      "$file"
  else
    printf '\nKUBELET_EXTRA_ARGS=--node-ip=%s\n' "$ip" >>"$file"
  fi
)
