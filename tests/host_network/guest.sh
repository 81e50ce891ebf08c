#!/bin/sh
# A node, and the switch it is plugged into, in a guest. CASE holds case.sh, netplan's files for networkd, and one CNI
# configuration for each network.
mount -t tmpfs tmpfs /etc/systemd/network
modprobe -a bonding 8021q bridge veth || bad "the modules are loaded"
ip link set lo up
mkdir -p /run/netns /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp

# BONDS (name:card,card), MODE, RATE, TRUNK, UPLINK, BRIDGE, ALLOWED and SELF come from the site that netplan's files were
# written for; plug_in says how the switch is configured, check what must be so.
# shellcheck source=/dev/null
. "$CASE/case.sh"

# The switch: one aggregation for each bond, as its mode needs, and a VLAN-aware bridge.
ip netns add switch
sw() {
  program=$1
  shift
  "$program" -n switch "$@"
}
sw ip link set lo up
sw ip link add sw type bridge vlan_filtering 1 vlan_default_pvid 0
sw ip link set sw up
for bond in $BONDS; do
  name=${bond%%:*}
  cards=$(printf '%s' "${bond#*:}" | tr ',' ' ')
  case $MODE in
    802.3ad) sw ip link add "to_$name" type bond mode 802.3ad miimon 100 lacp_rate "$RATE" ;;
    *) sw ip link add "to_$name" type bond mode balance-xor miimon 100 ;;
  esac
  for card in $cards; do
    ip link add "$card" type veth peer name "p_$card" netns switch
    # Without a group on the switch, the ports of an active-backup bond are ports of their own.
    if [ "$MODE" = active-backup ]; then
      sw ip link set "p_$card" master sw
    else
      sw ip link set "p_$card" master "to_$name"
    fi
    sw ip link set "p_$card" mtu 9216 up
  done
  if [ "$MODE" != active-backup ]; then
    sw ip link set "to_$name" mtu 9216 master sw up
  fi
done
# trunk BOND VIDS NATIVE: what the switch lets through to a bond
trunk() {
  for bond in $BONDS; do
    [ "${bond%%:*}" = "$1" ] || continue
    ports="to_$1"
    if [ "$MODE" = active-backup ]; then
      ports=$(printf '%s' "${bond#*:}" | tr ',' '\n' | sed 's/^/p_/')
    fi
    for port in $ports; do
      for vid in $2; do sw bridge vlan add dev "$port" vid "$vid"; done
      sw bridge vlan add dev "$port" vid "$3" pvid untagged
    done
  done
}
# peer VID ADDRESS: a machine on a VLAN of the switch
peer() {
  sw bridge vlan add dev sw vid "$1" self
  sw ip link add link sw name "v$1" type vlan id "$1"
  sw ip address add "$2" dev "v$1"
  sw ip link set "v$1" up
}
plug_in

# The node: networkd makes the interfaces from netplan's files. With /sys read-only it waits for no udev.
cp "$CASE"/netplan/run/systemd/network/* /run/systemd/network/
chown -R systemd-network:systemd-network /run/systemd/netif
mount -o remount,ro /sys
/lib/systemd/systemd-networkd &
networkd=$!
restart_node() {
  kill "$networkd"
  wait "$networkd"
  /lib/systemd/systemd-networkd &
  networkd=$!
}

# What the VMO pack does to the bridge: it filters VLANs, lets those of VMs through the uplink, and where the node itself
# is on the bridge those of SELF to it.
filter_uplink() {
  ip link set "$BRIDGE" type bridge vlan_filtering 1
  bridge vlan add dev "$UPLINK" vid "$ALLOWED"
}
filter() {
  filter_uplink
  for vids in $SELF; do
    # VLAN 1 is the bridge's own untagged one from the start; adding it again would make it a tagged one.
    [ "$vids" = 1 ] || bridge vlan add dev "$BRIDGE" vid "$vids" self
  done
}

# reaches NAME COMMAND...: the ping answers within some seconds, which LACP takes to settle
reaches() {
  what=$1
  shift
  for _ in $(seq 40); do
    if "$@" >/dev/null; then
      ok "$what"
      return
    fi
    # A ping over an interface that is not there yet fails at once.
    sleep 0.1
  done
  bad "$what"
}
# misses NAME COMMAND...
misses() {
  what=$1
  shift
  if "$@" >/dev/null || "$@" >/dev/null; then bad "$what"; else ok "$what"; fi
}
node() { ping -c 1 -W 0.4 "$1"; }
vm() { ip netns exec "$1" ping -c 1 -W 0.4 "$2"; }

# start NAME CONFIGURATION ADDRESS: a VM, attached by the CNI plugin as Multus would
start() {
  ip netns add "$1"
  ip -n "$1" link set lo up
  if ! CNI_COMMAND=ADD CNI_CONTAINERID="$1" CNI_NETNS="/run/netns/$1" CNI_IFNAME=net1 CNI_PATH=/usr/lib/cni \
    /usr/lib/cni/bridge <"$CASE/$2" >/run/cni.log; then
    bad "the CNI plugin attaches $1: $(tr '\n' ' ' </run/cni.log)"
  fi
  ip -n "$1" address add "$3" dev net1
  ip -n "$1" link set net1 up
}

check

# A ping needs one card of a bond; the other may take some seconds more.
aggregated() {
  for bond in $BONDS; do
    cards=$(printf '%s\n' "${bond#*:}" | tr ',' '\n' | grep -c .)
    grep -q "Number of ports: $cards$" "/proc/net/bonding/${bond%%:*}" || return 1
  done
}
[ "$MODE" != 802.3ad ] || comes "every card is in its aggregate" aggregated

say "links $(ip -details -json link show | tr '\n' ' ')"
say "addresses $(ip -4 -json address show | tr '\n' ' ')"
say "routes $(ip -4 -json route show | tr '\n' ' ')"
