#!/usr/bin/python3 -IS
"""A MAAS to run scripts against: the commands they use, over a state in a file, with MAAS's own refusals.

The rules are those of MAAS's interface forms: a bond's cards are in no other bond and on the bond's VLAN, a VLAN interface is
in the fabric of its parent, a bridge's port is in no other bridge, names are unique, a link's subnet is on the interface's
VLAN, a static address is in its subnet. Stricter than MAAS: a bond must say its mode.
"""

import ipaddress
import json
import os
import sys

STATE = os.environ["MAAS_STATE"]
PARAMETERS = {
    "create-bond": {"name", "parents", "vlan", "mtu", "bond_mode", "bond_miimon", "bond_lacp_rate",
                    "bond_xmit_hash_policy"},
    "create-vlan": {"name", "parent", "vlan", "mtu"},
    "create-bridge": {"name", "parents", "vlan", "mtu", "bridge_type", "bridge_stp", "bridge_fd"},
    "link-subnet": {"mode", "subnet", "ip_address"},
    "unlink-subnet": {"id"},
    "set-default-gateway": {"link_id"},
}


def refuse(why):
    print(json.dumps({"__all__": [why]}))
    sys.exit(2)


def main():
    with open(STATE, encoding="utf-8") as file:
        state = json.load(file)
    profile, *words = sys.argv[1:]
    if profile != "admin":
        refuse(f"no profile {profile}")
    plain = [word for word in words if "=" not in word]
    given = {}
    for word in words:
        if "=" in word:
            key, value = word.split("=", 1)
            given.setdefault(key, []).append(value)
    answer = act(state, plain, given)
    with open(STATE, "w", encoding="utf-8") as file:
        json.dump(state, file, indent=1)
    print(json.dumps(answer))


def act(state, plain, given):
    one = {key: values[-1] for key, values in given.items()}
    what, verb, *rest = plain
    if (what, verb) == ("maas", "get-config"):
        return state["config"][one["name"]]
    if (what, verb) == ("subnets", "read"):
        return state["subnets"]
    if (what, verb) == ("subnets", "create"):
        vlan = state["vlans"][0]
        subnet = {"id": new_id(state), "cidr": one["cidr"], "gateway_ip": None, "vlan": vlan,
                  "managed": one["managed"] == "true"}
        state["subnets"].append(subnet)
        return subnet
    if (what, verb) == ("vlans", "read"):
        return [vlan for vlan in state["vlans"] if vlan["fabric_id"] == int(rest[0])]
    if (what, verb) == ("machines", "read"):
        return [machine for machine in state["machines"] if machine["hostname"] == one["hostname"]]
    if (what, verb) == ("static-routes", "read"):
        return state["routes"]
    if (what, verb) == ("static-routes", "create"):
        route = {"id": new_id(state), "source": subnet_of(state, one["source"]),
                 "destination": subnet_of(state, one["destination"]), "gateway_ip": one["gateway_ip"]}
        state["routes"].append(route)
        return route
    interfaces = state["interfaces"][rest[0]]
    if (what, verb) == ("interfaces", "read"):
        return interfaces
    if verb in PARAMETERS and set(given) - PARAMETERS[verb]:
        refuse(f"{verb} does not take {sorted(set(given) - PARAMETERS[verb])}")
    if what == "interfaces":
        interface = {"id": new_id(state), "type": verb.removeprefix("create-"), "links": [], "params": {}}
        check(state, interfaces, interface, given, one)
        interfaces.append(interface)
        interface["links"].append({"id": new_id(state), "mode": "link_up"})
        return interface
    interface = by_id(interfaces, rest[1])
    if verb == "update":
        check(state, interfaces, interface, given, one)
    elif verb == "link-subnet":
        subnet = subnet_of(state, one["subnet"])
        if subnet["vlan"]["id"] != interface["vlan"]["id"]:
            refuse(f"{subnet['cidr']} is not on the VLAN of {interface['name']}")
        link = {"id": new_id(state), "mode": one["mode"].lower(), "subnet": subnet}
        if one["mode"] == "STATIC":
            if ipaddress.ip_address(one["ip_address"]) not in ipaddress.ip_network(subnet["cidr"]):
                refuse("the address is not in the subnet")
            link["ip_address"] = one["ip_address"]
        interface["links"] = [old for old in interface["links"] if old["mode"] != "link_up"] + [link]
    elif verb == "unlink-subnet":
        by_id(interface["links"], one["id"])
        interface["links"] = [old for old in interface["links"] if old["id"] != int(one["id"])]
    elif verb == "set-default-gateway":
        link = by_id(interface["links"], one["link_id"])
        if not link["subnet"]["gateway_ip"]:
            refuse("This interface has no usable gateways.")
        state["gateways"][rest[0]] = link["subnet"]["gateway_ip"]
    else:
        refuse(f"no command {what} {verb}")
    return interface


def check(state, interfaces, interface, given, one):
    kind = interface["type"]
    if "name" in one:
        if any(other["name"] == one["name"] for other in interfaces if other is not interface):
            refuse(f"Node already has an interface named '{one['name']}'.")
        interface["name"] = one["name"]
    if "vlan" in one:
        vlan = by_id(state["vlans"], one["vlan"])
        if interface.get("vlan", vlan)["id"] != vlan["id"]:
            interface["links"] = []
        interface["vlan"] = vlan
    parents = [by_id(interfaces, parent) for parent in given.get("parents", given.get("parent", []))]
    for parent in parents:
        others = [other for other in interfaces
                  if other is not interface and parent["name"] in other.get("parents", [])]
        if kind == "bond" and others:
            refuse(f"Interfaces already in-use: {parent['name']}.")
        if kind == "bridge" and any(other["type"] != "vlan" for other in others):
            refuse("A bridge interface can't have a parent that is already in a bond or a bridge.")
        if kind == "bond" and parent["vlan"]["id"] != interface["vlan"]["id"]:
            refuse("All parents must belong to the same VLAN.")
        if kind == "vlan":
            if interface["vlan"]["vid"] == 0:
                refuse("A VLAN interface can only belong to a tagged VLAN.")
            if parent["vlan"]["fabric_id"] != interface["vlan"]["fabric_id"]:
                refuse("A VLAN interface can only belong to a tagged VLAN on the same fabric as its parent interface.")
    if kind == "bond" and "bond_mode" not in one:
        refuse("a bond without a mode would be balance-rr")
    if parents:
        interface["parents"] = [parent["name"] for parent in parents]
        if kind in ("bond", "bridge"):
            for parent in parents:
                parent["links"] = []
    for key, value in one.items():
        if key.startswith(("bond_", "bridge_")) or key == "mtu":
            interface["params"][key] = value


def by_id(items, wanted):
    for item in items:
        if item["id"] == int(wanted):
            return item
    return refuse(f"Not Found: {wanted}")


def subnet_of(state, wanted):
    return by_id(state["subnets"], wanted)


def new_id(state):
    state["next"] += 1
    return state["next"]


main()
