#!/bin/sh
# Host network of the cluster's <{ role }> nodes in MAAS, layout <{ site.network.layout }>.
#
# MAAS must know the subnets and their VLANs, and the machines must be in the state Ready or Broken. What is there already
# is changed to what the site says, what is missing is made, and nothing else is deleted; so it can be run again.
#
# Needs the `maas` command, logged in to the profile that PROFILE names, and jq.
<%- if named %>
# usage: PROFILE=admin sh FILE
<%- else %>
# usage: PROFILE=admin sh FILE HOSTNAME...
<%- endif %>
set -eu

PROFILE=${PROFILE:-admin}

say() { printf '%s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# MAAS explains on standard output why it refuses; without this, $(...) would swallow that.
api() {
  if ! answer=$(maas "$PROFILE" "$@"); then
    fail "maas $PROFILE $*: $answer"
  fi
  printf '%s\n' "$answer"
}

# What a change answers is of no interest.
change() {
  api "$@" >/dev/null
}

# subnet CIDR: the subnet as JSON
subnet() {
  found=$(printf '%s\n' "$subnets" | jq -c --arg cidr "$1" '[.[] | select(.cidr == $cidr)] | first // empty')
  [ -n "$found" ] || fail "MAAS has no subnet $1: make it, on its VLAN, and run this again"
  printf '%s\n' "$found"
}

# subnet_id CIDR
subnet_id() {
  found=$(subnet "$1")
  printf '%s\n' "$found" | jq -r .id
}

# vlan_of CIDR: the id of a subnet's VLAN, however it is tagged
vlan_of() {
  found=$(subnet "$1")
  printf '%s\n' "$found" | jq -r .vlan.id
}

# untagged_beside CIDR: the id of the untagged VLAN in a subnet's fabric
untagged_beside() {
  found=$(subnet "$1")
  fabric=$(printf '%s\n' "$found" | jq -r .vlan.fabric_id)
  untagged "$fabric"
}

# untagged FABRIC: the id of the VLAN that is untagged in a fabric
untagged() {
  found=$(api vlans read "$1")
  printf '%s\n' "$found" | jq -er '.[] | select(.vid == 0) | .id' || fail "the fabric $1 has no untagged VLAN"
}

# machine HOSTNAME: from here on, everything is about this machine
machine() {
  machine=$1
  found=$(api machines read hostname="$machine")
  count=$(printf '%s\n' "$found" | jq length)
  [ "$count" -eq 1 ] || fail "MAAS has $count machines named $machine"
  system_id=$(printf '%s\n' "$found" | jq -r '.[0].system_id')
  status=$(printf '%s\n' "$found" | jq -r '.[0].status_name')
  case $status in
    Ready | Broken) ;;
    *) fail "$machine is $status: its network can be changed while it is Ready or Broken" ;;
  esac
  say "$machine ($system_id)"
  look
}

# look: the machine's interfaces as they are now
look() {
  interfaces=$(api interfaces read "$system_id")
}

# interface NAME: its JSON, or nothing
interface() {
  printf '%s\n' "$interfaces" | jq -c --arg name "$1" '.[] | select(.name == $name)'
}

# id_of NAME: the id of an interface that must be there
id_of() {
  found=$(interface "$1")
  [ -n "$found" ] || fail "$machine has no interface $1"
  printf '%s\n' "$found" | jq -r .id
}

# card NAME MAC VLAN MTU: a card, known by its MAC address where there is one
card() {
  if [ -n "$2" ]; then
    found=$(printf '%s\n' "$interfaces" |
      jq -c --arg mac "$2" '[.[] | select(.type == "physical" and .mac_address == $mac)] | first // empty')
    [ -n "$found" ] || fail "$machine has no card with the MAC address $2"
  else
    found=$(interface "$1")
    [ -n "$found" ] || fail "$machine has no card $1"
  fi
  say "  card $1"
  change interface update "$system_id" "$(printf '%s\n' "$found" | jq -r .id)" name="$1" vlan="$3" mtu="$4"
  look
}

# make KIND NAME KEY=VALUE...: changes an interface of that kind, or makes one
make() {
  kind=$1
  name=$2
  shift 2
  found=$(interface "$name")
  if [ -n "$found" ]; then
    type=$(printf '%s\n' "$found" | jq -r .type)
    [ "$type" = "$kind" ] || fail "$machine has an interface $name that is a $type, not a $kind"
    say "  $kind $name is there, and is set"
    change interface update "$system_id" "$(printf '%s\n' "$found" | jq -r .id)" "$@"
  else
    say "  $kind $name is made"
    change interfaces "create-$kind" "$system_id" name="$name" "$@"
  fi
  look
}

# bond NAME 'CARD...' KEY=VALUE...
bond() {
  bond=$1
  cards=$2
  shift 2
  for part in $cards; do
    id=$(id_of "$part")
    set -- "$@" parents="$id"
  done
  make bond "$bond" "$@"
}

# vlan NAME LINK CIDR VID MTU
vlan() {
  id=$(id_of "$2")
  tag=$(tagged "$3" "$4")
  make vlan "$1" parent="$id" vlan="$tag" mtu="$5"
}

# bridge NAME PORT KEY=VALUE...
bridge() {
  name=$1
  id=$(id_of "$2")
  shift 2
  make bridge "$name" parents="$id" bridge_type=standard "$@"
}

# address NAME CIDR IP: the machine's address on an interface; MAAS chooses one where IP is empty
address() {
  id=$(id_of "$1")
  found=$(interface "$1")
  subnet_id=$(subnet_id "$2")
  mode=auto
  if [ -n "$3" ]; then mode=static; fi
  link=$(printf '%s\n' "$found" | jq -r --argjson subnet "$subnet_id" --arg mode "$mode" --arg ip "$3" \
    '[.links[] | select(.subnet.id == $subnet and .mode == $mode and ($ip == "" or .ip_address == $ip)) | .id]
     | first // empty')
  if [ -n "$link" ]; then
    say "    has an address in $2"
  elif [ -n "$3" ]; then
    say "    gets the address $3"
    unlink_from "$found" "$subnet_id"
    change interface link-subnet "$system_id" "$id" mode=STATIC subnet="$subnet_id" ip_address="$3"
  else
    say "    gets an address of $2"
    unlink_from "$found" "$subnet_id"
    change interface link-subnet "$system_id" "$id" mode=AUTO subnet="$subnet_id"
  fi
  look
}

# unlink_from INTERFACE SUBNET: takes the links to a subnet off an interface
unlink_from() {
  links=$(printf '%s\n' "$1" | jq -r --argjson subnet "$2" '.links[] | select(.subnet.id == $subnet) | .id')
  for old in $links; do
    change interface unlink-subnet "$system_id" "$id" id="$old"
  done
}

# no_address NAME: takes addresses off an interface that has none in the site
no_address() {
  id=$(id_of "$1")
  found=$(interface "$1")
  links=$(printf '%s\n' "$found" | jq -r '.links[] | select(.mode != "link_up") | .id')
  for old in $links; do
    say "    loses an address that the site does not have"
    change interface unlink-subnet "$system_id" "$id" id="$old"
  done
  look
}

# gateway NAME CIDR IP: makes a subnet's gateway the machine's default gateway
gateway() {
  id=$(id_of "$1")
  found=$(subnet "$2")
  known=$(printf '%s\n' "$found" | jq -r '.gateway_ip // "none"')
  [ "$known" = "$3" ] ||
    fail "the gateway of $2 is $known in MAAS and $3 in the site: maas $PROFILE subnet update $2 gateway_ip=$3"
  found=$(interface "$1")
  link=$(printf '%s\n' "$found" |
    jq -r --arg cidr "$2" '[.links[] | select(.subnet.cidr == $cidr) | .id] | first // empty')
  say "    has the default gateway $3"
  change interface set-default-gateway "$system_id" "$id" link_id="$link"
}

# tagged CIDR VID: the id of a subnet's VLAN, which must have that tag
tagged() {
  found=$(subnet "$1")
  vid=$(printf '%s\n' "$found" | jq -r .vlan.vid)
  [ "$vid" -eq "$2" ] || fail "$1 is on VLAN $vid in MAAS and on VLAN $2 in the site"
  printf '%s\n' "$found" | jq -r .vlan.id
}
<%- if routes %>

# route FROM TO VIA: a static route of a subnet, for every machine that has an address in it
route() {
  from=$(subnet_id "$1")
  to=$(printf '%s\n' "$subnets" | jq -r --arg cidr "$2" '[.[] | select(.cidr == $cidr) | .id] | first // empty')
  if [ -z "$to" ]; then
    say "the subnet $2 is made, not managed by MAAS, since a route can only lead to a subnet"
    change subnets create cidr="$2" managed=false
    subnets=$(api subnets read)
    to=$(subnet_id "$2")
  fi
  routes=$(api static-routes read)
  known=$(printf '%s\n' "$routes" | jq -r --argjson from "$from" --argjson to "$to" --arg via "$3" \
    '[.[] | select(.source.id == $from and .destination.id == $to and .gateway_ip == $via) | .id] | first // empty')
  if [ -n "$known" ]; then
    say "the route from $1 to $2 over $3 is there"
  else
    say "the route from $1 to $2 over $3 is made"
    change static-routes create source="$from" destination="$to" gateway_ip="$3"
  fi
}
<%- endif %>

command -v jq >/dev/null || fail "jq is needed"
command -v maas >/dev/null || fail "the maas command is needed"
<%- if not named %>
[ $# -gt 0 ] || fail "name the machines: PROFILE=admin sh $0 HOSTNAME..."
<%- endif %>

# A repave releases machines, which still see the drives with the data of VMs.
erases=$(api maas get-config name=enable_disk_erasing_on_release)
[ "$erases" != true ] ||
  fail "MAAS erases disks when it releases machines: maas $PROFILE maas set-config name=enable_disk_erasing_on_release value=false"

subnets=$(api subnets read)
<%- for route in routes %>
route <{ route.from }> <{ route.to }> <{ route.via }>
<%- endfor %>
<%- for vlan in untagged %>
<%- if vlan.native %>
vlan_<{ vlan.bond }>=$(vlan_of <{ vlan.native.cidr }>)
<%- else %>
vlan_<{ vlan.bond }>=$(untagged_beside <{ vlan.beside.cidr }>)
<%- endif %>
<%- endfor %>
<% if not named %>
for hostname in "$@"; do
<%- endif %>
<%- for host in hosts %>
<% if host.name %>machine <{ host.name }><% else %>machine "$hostname"<% endif %>
<%- for interface in host.interfaces %>
<%- if interface.kind == "card" %>
card <{ interface.name }> <% if interface.mac %><{ interface.mac }><% else %>''<% endif %> "$vlan_<{ interface.bond }>" <{ interface.mtu }>
<%- elif interface.kind == "bond" %>
bond <{ interface.name }> <{ interface.parts | join(sep=" ") }> \
  bond_mode=<{ interface.bonding.mode }> bond_miimon=<{ interface.bonding.linkMonitor }> \
<%- if interface.bonding.lacpRate %>
  bond_lacp_rate=<{ interface.bonding.lacpRate }> \
<%- endif %>
<%- if interface.bonding.hashPolicy %>
  bond_xmit_hash_policy=<{ interface.bonding.hashPolicy }> \
<%- endif %>
  vlan="$vlan_<{ interface.name }>" mtu=<{ interface.mtu }>
<%- elif interface.kind == "vlan" %>
vlan <{ interface.name }> <{ interface.link }> <{ interface.attachments[0].cidr }> <{ interface.id }> <{ interface.mtu }>
<%- else %>
bridge <{ interface.name }> <{ interface.parts[0] }> \
  bridge_stp=<{ interface.spanningTree }> bridge_fd=<{ interface.forwardDelay }> \
  vlan="$vlan_<{ interface.parts[0] }>" mtu=<{ interface.mtu }>
<%- endif %>
<%- for attachment in interface.attachments %>
address <{ interface.name }> <{ attachment.cidr }> <% if attachment.address %><{ attachment.address }><% else %>''<% endif %>
<%- if attachment.defaultGateway %>
gateway <{ interface.name }> <{ attachment.cidr }> <{ attachment.gateway }>
<%- endif %>
<%- endfor %>
<%- if not interface.attachments and interface.kind != "card" %>
no_address <{ interface.name }>
<%- endif %>
<%- endfor %>
<%- endfor %>
<%- if not named %>
done
<%- endif %>
