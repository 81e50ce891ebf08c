# Host network of the cluster's <{ host.role | safe }> nodes in MAAS, layout <{ site.network.layout | safe }>.
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
<%- for purpose in purposes %>
    <{ purpose.padded | safe }> = optional(string)
<%- endfor %>
<%- for bond in bonds %>
    <{ bond.padded | safe }> = optional(list(string), [<% for card in bond.parts %><% if not loop.first %>, <% endif %><{ card }><% endfor %>])
<%- endfor %>
  }))
<%- if machines %>
  default = {
<%- for machine in machines %>
    <{ machine.name }> = {
<%- for entry in machine.entries %>
      <{ entry.padded | safe }> = <% if entry.cards %>[<% for card in entry.cards %><% if not loop.first %>, <% endif %><{ card }><% endfor %>]<% elif entry.address %><{ entry.address }><% else %>null<% endif %>
<%- endfor %>
    }
<%- endfor %>
  }
<%- endif %>
}
<%- for purpose in purposes %>

# <{ purpose.label | safe }>
data "maas_subnet" "<{ purpose.key | safe }>" {
  cidr = <{ purpose.cidr }>
<%- if purpose.tagged or purpose.defaultGateway %>

  lifecycle {
<%- if purpose.tagged %>
    postcondition {
      condition     = self.vid == <{ purpose.vlan }>
      error_message = "The subnet is on another VLAN in MAAS than in the site."
    }
<%- endif %>
<%- if purpose.defaultGateway %>
    postcondition {
      condition     = self.gateway_ip == <{ purpose.gateway }>
      error_message = "The subnet has another gateway in MAAS than in the site."
    }
<%- endif %>
  }
<%- endif %>
}

data "maas_vlan" "<{ purpose.key | safe }>" {
  fabric = data.maas_subnet.<{ purpose.key | safe }>.fabric
  vlan   = data.maas_subnet.<{ purpose.key | safe }>.vid
}
<%- endfor %>
<%- for bond in bonds %>
<%- if not bond.native %>

# MAAS wants to know what is untagged on the bond, even if nothing is used there.
data "maas_vlan" "<{ bond.name | safe }>" {
  fabric = data.maas_subnet.<{ bond.beside | safe }>.fabric
  vlan   = 0
}
<%- endif %>

locals {
  cards_<{ bond.name | safe }> = merge([
    for hostname, machine in var.machines : {
      for card in machine.<{ bond.name | safe }> : "${hostname}/${card}" => { machine = hostname, name = card }
    }
  ]...)
}

data "maas_network_interface_physical" "<{ bond.name | safe }>" {
  for_each = local.cards_<{ bond.name | safe }>

  machine = each.value.machine
  name    = each.value.name
}

# The cards of a bond must be on the bond's VLAN before it is made.
resource "maas_network_interface_physical" "<{ bond.name | safe }>" {
  for_each = local.cards_<{ bond.name | safe }>

  machine     = each.value.machine
  mac_address = data.maas_network_interface_physical.<{ bond.name | safe }>[each.key].mac_address
  name        = each.value.name
  vlan        = data.maas_vlan.<{ bond.untagged | safe }>.id
  mtu         = <{ bond.mtu }>

  lifecycle {
    # The provider would take the card itself out of MAAS. To give a machine up, first `terraform state rm` its cards.
    prevent_destroy = true
  }
}

resource "maas_network_interface_bond" "<{ bond.name | safe }>" {
  for_each = var.machines

  machine     = each.key
  name        = <{ bond.name }>
  parents     = [for card in each.value.<{ bond.name | safe }> : maas_network_interface_physical.<{ bond.name | safe }>["${each.key}/${card}"].name]
  vlan        = data.maas_vlan.<{ bond.untagged | safe }>.id
  mtu         = <{ bond.mtu }>
  bond_mode   = <{ bond.bonding.mode }>
  bond_miimon = <{ bond.bonding.linkMonitor }>
<%- if bond.bonding.hashPolicy %>

  bond_xmit_hash_policy = <{ bond.bonding.hashPolicy }>
<%- if bond.bonding.lacpRate %>
  bond_lacp_rate        = <{ bond.bonding.lacpRate }>
<%- endif %>
<%- endif %>
}
<%- endfor %>
<%- for bridge in bridges %>

# VLAN filtering is left to the VMO pack, which switches it on and sets the VLANs that may pass.
resource "maas_network_interface_bridge" "bridge" {
  for_each = var.machines

  machine     = each.key
  name        = <{ bridge.name }>
  parent      = maas_network_interface_bond.<{ bridge.parts[0] | safe }>[each.key].name
  vlan        = data.maas_vlan.<{ bridge.untagged | safe }>.id
  mtu         = <{ bridge.mtu }>
  bridge_type = "standard"
  bridge_stp  = <{ bridge.spanningTree }>
  bridge_fd   = <{ bridge.forwardDelay }>
}
<%- endfor %>
<%- for vlan in vlans %>

resource "maas_network_interface_vlan" "<{ vlan.key | safe }>" {
  for_each = var.machines

  machine = each.key
  parent  = <{ vlan.linkResource | safe }>[each.key].name
  fabric  = data.maas_subnet.<{ vlan.key | safe }>.fabric
  vlan    = data.maas_vlan.<{ vlan.key | safe }>.id
  mtu     = <{ vlan.mtu }>
<%- if vlan.after %>

  # Linking the interface below takes it off its VLAN for a moment.
  depends_on = [<% for link in vlan.after %><% if not loop.first %>, <% endif %>maas_network_interface_link.<{ link | safe }><% endfor %>]
<%- endif %>
}
<%- endfor %>
<%- for link in links %>

resource "maas_network_interface_link" "<{ link.key | safe }>" {
  for_each = var.machines

  machine           = each.key
  network_interface = <{ link.resource | safe }>[each.key].id
  subnet            = data.maas_subnet.<{ link.key | safe }>.id
  mode              = each.value.<{ link.key | safe }> == null ? "AUTO" : "STATIC"
  ip_address        = each.value.<{ link.key | safe }>
<%- if link.defaultGateway %>
  default_gateway   = true
<%- endif %>
}
<%- endfor %>
<%- if routes %>

# The provider has no static routes. In MAAS, they belong to the subnet <{ management | safe }>:
<%- for route in routes %>
#   maas $PROFILE static-routes create source=<{ route.from | safe }> destination=<{ route.to | safe }> gateway_ip=<{ route.via | safe }>
<%- endfor %>
<%- endif %>
