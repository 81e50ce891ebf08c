# Host network of the cluster's control-plane nodes in MAAS, layout two-bonds.
#
# MAAS must know the subnets and their VLANs, and the machines must be in the state Ready or Broken. The provider reads
# MAAS_API_URL and MAAS_API_KEY from the environment.

terraform {
  required_version = ">= 1.3.0"

  required_providers {
    maas = {
      source  = "canonical/maas"
      version = "~> 2.4"
    }
  }
}

variable "machines" {
  description = "The machines by host name; MAAS chooses every address that is not given"
  type = map(object({
    pxe        = optional(string)
    management = optional(string)
    data       = optional(string)
    bond_mgmt  = optional(list(string), ["enp1s0", "enp2s0"])
    bond_data  = optional(list(string), ["enp1s1", "enp2s1"])
  }))
}

# bare metal deployment
data "maas_subnet" "pxe" {
  cidr = "192.168.0.0/22"
}

data "maas_vlan" "pxe" {
  fabric = data.maas_subnet.pxe.fabric
  vlan   = data.maas_subnet.pxe.vid
}

# Kubernetes hosts
data "maas_subnet" "management" {
  cidr = "172.16.0.0/22"

  lifecycle {
    postcondition {
      condition     = self.vid == 10
      error_message = "The subnet is on another VLAN in MAAS than in the site."
    }
  }
}

data "maas_vlan" "management" {
  fabric = data.maas_subnet.management.fabric
  vlan   = data.maas_subnet.management.vid
}

# end user access
data "maas_subnet" "data" {
  cidr = "10.20.0.0/16"

  lifecycle {
    postcondition {
      condition     = self.vid == 20
      error_message = "The subnet is on another VLAN in MAAS than in the site."
    }
    postcondition {
      condition     = self.gateway_ip == "10.20.30.1"
      error_message = "The subnet has another gateway in MAAS than in the site."
    }
  }
}

data "maas_vlan" "data" {
  fabric = data.maas_subnet.data.fabric
  vlan   = data.maas_subnet.data.vid
}

locals {
  cards_bond_mgmt = merge([
    for hostname, machine in var.machines : {
      for card in machine.bond_mgmt : "${hostname}/${card}" => { machine = hostname, name = card }
    }
  ]...)
}

data "maas_network_interface_physical" "bond_mgmt" {
  for_each = local.cards_bond_mgmt

  machine = each.value.machine
  name    = each.value.name
}

# The cards of a bond must be on the bond's VLAN before it is made.
resource "maas_network_interface_physical" "bond_mgmt" {
  for_each = local.cards_bond_mgmt

  machine     = each.value.machine
  mac_address = data.maas_network_interface_physical.bond_mgmt[each.key].mac_address
  name        = each.value.name
  vlan        = data.maas_vlan.pxe.id
  mtu         = 1500

  lifecycle {
    # The provider would take the card itself out of MAAS. To give a machine up, first `terraform state rm` its cards.
    prevent_destroy = true
  }
}

resource "maas_network_interface_bond" "bond_mgmt" {
  for_each = var.machines

  machine     = each.key
  name        = "bond_mgmt"
  parents     = [for card in each.value.bond_mgmt : maas_network_interface_physical.bond_mgmt["${each.key}/${card}"].name]
  vlan        = data.maas_vlan.pxe.id
  mtu         = 1500
  bond_mode   = "802.3ad"
  bond_miimon = 100

  bond_xmit_hash_policy = "layer2+3"
  bond_lacp_rate        = "fast"
}

# MAAS wants to know what is untagged on the bond, even if nothing is used there.
data "maas_vlan" "bond_data" {
  fabric = data.maas_subnet.data.fabric
  vlan   = 0
}

locals {
  cards_bond_data = merge([
    for hostname, machine in var.machines : {
      for card in machine.bond_data : "${hostname}/${card}" => { machine = hostname, name = card }
    }
  ]...)
}

data "maas_network_interface_physical" "bond_data" {
  for_each = local.cards_bond_data

  machine = each.value.machine
  name    = each.value.name
}

# The cards of a bond must be on the bond's VLAN before it is made.
resource "maas_network_interface_physical" "bond_data" {
  for_each = local.cards_bond_data

  machine     = each.value.machine
  mac_address = data.maas_network_interface_physical.bond_data[each.key].mac_address
  name        = each.value.name
  vlan        = data.maas_vlan.bond_data.id
  mtu         = 1500

  lifecycle {
    # The provider would take the card itself out of MAAS. To give a machine up, first `terraform state rm` its cards.
    prevent_destroy = true
  }
}

resource "maas_network_interface_bond" "bond_data" {
  for_each = var.machines

  machine     = each.key
  name        = "bond_data"
  parents     = [for card in each.value.bond_data : maas_network_interface_physical.bond_data["${each.key}/${card}"].name]
  vlan        = data.maas_vlan.bond_data.id
  mtu         = 1500
  bond_mode   = "802.3ad"
  bond_miimon = 100

  bond_xmit_hash_policy = "layer2+3"
  bond_lacp_rate        = "fast"
}

resource "maas_network_interface_vlan" "management" {
  for_each = var.machines

  machine = each.key
  parent  = maas_network_interface_bond.bond_mgmt[each.key].name
  fabric  = data.maas_subnet.management.fabric
  vlan    = data.maas_vlan.management.id
  mtu     = 1500

  # Linking the interface below takes it off its VLAN for a moment.
  depends_on = [maas_network_interface_link.pxe]
}

resource "maas_network_interface_vlan" "data" {
  for_each = var.machines

  machine = each.key
  parent  = maas_network_interface_bond.bond_data[each.key].name
  fabric  = data.maas_subnet.data.fabric
  vlan    = data.maas_vlan.data.id
  mtu     = 1500
}

resource "maas_network_interface_link" "pxe" {
  for_each = var.machines

  machine           = each.key
  network_interface = maas_network_interface_bond.bond_mgmt[each.key].id
  subnet            = data.maas_subnet.pxe.id
  mode              = each.value.pxe == null ? "AUTO" : "STATIC"
  ip_address        = each.value.pxe
}

resource "maas_network_interface_link" "management" {
  for_each = var.machines

  machine           = each.key
  network_interface = maas_network_interface_vlan.management[each.key].id
  subnet            = data.maas_subnet.management.id
  mode              = each.value.management == null ? "AUTO" : "STATIC"
  ip_address        = each.value.management
}

resource "maas_network_interface_link" "data" {
  for_each = var.machines

  machine           = each.key
  network_interface = maas_network_interface_vlan.data[each.key].id
  subnet            = data.maas_subnet.data.id
  mode              = each.value.data == null ? "AUTO" : "STATIC"
  ip_address        = each.value.data
  default_gateway   = true
}
