# The cluster profiles of the VMO reference architecture <{ revision | safe }>.
#
# Versions are kept: a new one is a profile beside the old, which Terraform only forgets. This wants the provider's feature
# preview: feature_preview = { "immutable-clusterprofiles" = true }. Without it the provider changes a version in place.

terraform {
  required_version = ">= 1.3.0"

  required_providers {
    spectrocloud = {
      source  = "spectrocloud/spectrocloud"
      version = ">= 0.29.5"
    }
  }
}

variable "context" {
  description = "Whether the profiles belong to the provider's project or to the tenant"
  type        = string
  default     = "project"

  validation {
    condition     = contains(["project", "tenant"], var.context)
    error_message = "Use project or tenant."
  }
}
<%- for registry in registries %>

data "spectrocloud_registry" "<{ registry.key | safe }>" {
  name = <{ registry.name }>
  type = <{ registry.kind }>
}
<%- endfor %>
<%- for profile in profiles %>

resource "spectrocloud_cluster_profile" "<{ profile.role | safe }>" {
  name         = <{ profile.name }>
  version      = <{ profile.version }>
  description  = <{ profile.description }>
<%- if profile.tags %>
  tags         = [<% for tag in profile.tags %><% if not loop.first %>, <% endif %><{ tag }><% endfor %>]
<%- endif %>
  context      = var.context
  cloud        = <{ profile.cloud }>
  type         = <{ profile.kind }>
  skip_destroy = true
<%- for pack in profile.packs %>

  pack {
<%- if pack.registry %>
    name         = <{ pack.name }>
    type         = <{ pack.kind }>
    tag          = <{ pack.version }>
    registry_uid = data.spectrocloud_registry.<{ pack.registry | safe }>.id
    values       = file("${path.module}/<{ pack.values | safe }>")
<%- else %>
    name   = <{ pack.name }>
    type   = <{ pack.kind }>
    tag    = <{ pack.version }>
    values = file("${path.module}/<{ pack.values | safe }>")
<%- endif %>
<%- for manifest in pack.manifests %>

    manifest {
      name    = <{ manifest.name }>
      content = file("${path.module}/<{ manifest.path | safe }>")
    }
<%- endfor %>
  }
<%- endfor %>
<%- if profile.variables %>

  profile_variables {
<%- for variable in profile.variables %>
<%- if not loop.first %>
<% endif %>
    variable {
<%- for attribute in variable.attributes %>
      <{ attribute.padded | safe }> = <{ attribute.value }>
<%- endfor %>
<%- for option in variable.options %>

      options {
        value = <{ option.value }>
        label = <{ option.label }>
      }
<%- endfor %>
    }
<%- endfor %>
  }
<%- endif %>

  lifecycle {
    create_before_destroy = true
  }
}
<%- endfor %>
