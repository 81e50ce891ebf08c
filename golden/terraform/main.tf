# The cluster profiles of the VMO reference architecture 1.9.0.
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

data "spectrocloud_registry" "public_repo" {
  name = "Public Repo"
  type = "spectro"
}

resource "spectrocloud_cluster_profile" "infra" {
  name         = "VMO-RA-Infra-MaaS-PureFlashArray"
  version      = "1.9.0"
  description  = "Built-in values of vmo-ra in place of the packs' own: ubuntu-maas, kubernetes, cni-cilium-oss, csi-portworx-generic"
  context      = var.context
  cloud        = "maas"
  type         = "infra"
  skip_destroy = true

  pack {
    name         = "ubuntu-maas"
    type         = "spectro"
    tag          = "22.04"
    registry_uid = data.spectrocloud_registry.public_repo.id
    values       = file("${path.module}/values/infra/01-ubuntu-maas.yaml")
  }

  pack {
    name         = "kubernetes"
    type         = "spectro"
    tag          = "1.34.5"
    registry_uid = data.spectrocloud_registry.public_repo.id
    values       = file("${path.module}/values/infra/02-kubernetes.yaml")
  }

  pack {
    name         = "cni-cilium-oss"
    type         = "spectro"
    tag          = "1.19.2"
    registry_uid = data.spectrocloud_registry.public_repo.id
    values       = file("${path.module}/values/infra/03-cni-cilium-oss.yaml")
  }

  pack {
    name         = "csi-portworx-generic"
    type         = "spectro"
    tag          = "3.6.0"
    registry_uid = data.spectrocloud_registry.public_repo.id
    values       = file("${path.module}/values/infra/04-csi-portworx-generic.yaml")

    manifest {
      name    = "px-pure-secret"
      content = file("${path.module}/manifests/csi-portworx-generic/px-pure-secret.yaml")
    }
  }

  profile_variables {
    variable {
      name          = "K8sPodCIDR"
      display_name  = "Pod CIDR"
      description   = "Addresses of the pods. Each node takes a /24 of it, so a /18 is enough for 64 nodes. It cannot be changed once the cluster exists."
      format        = "ipv4cidr"
      default_value = "100.64.0.0/18"
      required      = true
      immutable     = true
    }

    variable {
      name          = "K8sServiceCIDR"
      display_name  = "Service CIDR"
      description   = "Addresses of the cluster services. It must not overlap the pod CIDR and cannot be changed once the cluster exists."
      format        = "ipv4cidr"
      default_value = "100.64.64.0/18"
      required      = true
      immutable     = true
    }

    variable {
      name          = "systemReservedCPU"
      display_name  = "Reserved CPUS for kubelet and system"
      description   = "CPU ids that containerd, kubelet and the system keep for themselves on worker nodes, for example 0-7 or 0-7,64-71."
      format        = "string"
      default_value = "0-7"
      regex         = "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$"
      required      = true
    }

    variable {
      name         = "PortworxActivationId"
      display_name = "Portworx activation ID"
      description  = "Activation ID of the Portworx Enterprise licence."
      format       = "string"
      regex        = "^[!#-\\[\\]-~]+$"
      required     = true
      is_sensitive = true
    }

    variable {
      name         = "FlashArrayApiToken"
      display_name = "FlashArray API token"
      description  = "Token of a FlashArray user with administrative access."
      format       = "string"
      regex        = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
      required     = true
      is_sensitive = true
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "spectrocloud_cluster_profile" "core" {
  name         = "VMO-RA-Core-PXKE"
  version      = "1.9.0"
  description  = "Built-in values of vmo-ra in place of the packs' own: lb-metallb-helm, nginx, prometheus-operator, virtual-machine-orchestrator"
  context      = var.context
  cloud        = "all"
  type         = "add-on"
  skip_destroy = true

  pack {
    name         = "lb-metallb-helm"
    type         = "spectro"
    tag          = "0.15.3"
    registry_uid = data.spectrocloud_registry.public_repo.id
    values       = file("${path.module}/values/core/01-lb-metallb-helm.yaml")
  }

  pack {
    name         = "nginx"
    type         = "spectro"
    tag          = "1.15.4"
    registry_uid = data.spectrocloud_registry.public_repo.id
    values       = file("${path.module}/values/core/02-nginx.yaml")
  }

  pack {
    name         = "prometheus-operator"
    type         = "spectro"
    tag          = "83.5.1"
    registry_uid = data.spectrocloud_registry.public_repo.id
    values       = file("${path.module}/values/core/03-prometheus-operator.yaml")

    manifest {
      name    = "grafana-issuer"
      content = file("${path.module}/manifests/prometheus-operator/grafana-issuer.yaml")
    }
  }

  pack {
    name         = "virtual-machine-orchestrator"
    type         = "spectro"
    tag          = "4.9.0"
    registry_uid = data.spectrocloud_registry.public_repo.id
    values       = file("${path.module}/values/core/04-virtual-machine-orchestrator.yaml")
  }

  profile_variables {
    variable {
      name          = "MetalLBAddresses"
      display_name  = "MetalLB IP Address"
      description   = "Range or CIDR in the data network from which services of type LoadBalancer get their addresses."
      format        = "string"
      default_value = "10.20.30.100-10.20.30.199"
      required      = true
    }

    variable {
      name          = "MetalLBInterface"
      display_name  = "MetalLB interface"
      description   = "Interface on which MetalLB announces these addresses."
      format        = "string"
      default_value = "bond_data.20"
      regex         = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$"
      required      = true
    }

    variable {
      name          = "VMVlans"
      display_name  = "VLAN range for VMs"
      description   = "VLANs that virtual machines may use on the bridge, for example 21-100 or 21-40,50."
      format        = "string"
      default_value = "21-100"
      regex         = "^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$"
      required      = true
    }

    variable {
      name          = "BridgeInterface"
      display_name  = "Bridge Interface"
      description   = "VLAN-aware bridge of the worker nodes that virtual machines are attached to."
      format        = "string"
      default_value = "br0"
      regex         = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$"
      required      = true
    }

    variable {
      name          = "ClusterOnBridge"
      display_name  = "Cluster runs on br0"
      description   = "Set to true when the bridge has its own IP address or carries VLAN interfaces of the host."
      format        = "boolean"
      default_value = "false"
      required      = true
    }

    variable {
      name          = "VlansOnBridge"
      display_name  = "VLANs on top of br0"
      description   = "VLANs that the host itself uses on the bridge; 1 stands for the address of the bridge. The VLANs of the virtual machines are added to it. Takes effect only when \"Cluster runs on br0\" is true."
      format        = "string"
      default_value = "1"
      regex         = "^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$"
      required      = true
    }

    variable {
      name         = "grafanaAdminPassword"
      display_name = "Grafana admin password"
      description  = "Password of the Grafana user admin, without quotes and backslashes."
      format       = "string"
      regex        = "^[!#-\\[\\]-~]([ !#-\\[\\]-~]*[!#-\\[\\]-~])?$"
      required     = true
      is_sensitive = true
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "spectrocloud_cluster_profile" "templates" {
  name         = "VMO-RA-Templates"
  version      = "1.9.0"
  description  = ""
  context      = var.context
  cloud        = "all"
  type         = "add-on"
  skip_destroy = true

  pack {
    name   = "vmo-storage"
    type   = "manifest"
    tag    = "1.0.0"
    values = file("${path.module}/values/templates/01-vmo-storage.yaml")

    manifest {
      name    = "storageprofile-cdi"
      content = file("${path.module}/manifests/vmo-storage/storageprofile-cdi.yaml")
    }
  }

  pack {
    name   = "vmo-networking"
    type   = "manifest"
    tag    = "1.0.0"
    values = file("${path.module}/values/templates/02-vmo-networking.yaml")

    manifest {
      name    = "nad-vlan-30"
      content = file("${path.module}/manifests/vmo-networking/nad-vlan-30.yaml")
    }

    manifest {
      name    = "nad-vlan-untagged"
      content = file("${path.module}/manifests/vmo-networking/nad-vlan-untagged.yaml")
    }
  }

  pack {
    name   = "vmo-goldenimages"
    type   = "manifest"
    tag    = "1.0.0"
    values = file("${path.module}/values/templates/03-vmo-goldenimages.yaml")

    manifest {
      name    = "dv-ubuntu-2204"
      content = file("${path.module}/manifests/vmo-goldenimages/dv-ubuntu-2204.yaml")
    }

    manifest {
      name    = "dv-windows-2022"
      content = file("${path.module}/manifests/vmo-goldenimages/dv-windows-2022.yaml")
    }
  }

  pack {
    name   = "vmo-vmpreferences"
    type   = "manifest"
    tag    = "1.0.0"
    values = file("${path.module}/values/templates/04-vmo-vmpreferences.yaml")

    manifest {
      name    = "vmcp-generic-linux"
      content = file("${path.module}/manifests/vmo-vmpreferences/vmcp-generic-linux.yaml")
    }

    manifest {
      name    = "vmcp-generic-windows"
      content = file("${path.module}/manifests/vmo-vmpreferences/vmcp-generic-windows.yaml")
    }
  }

  pack {
    name   = "vmo-vmtemplates"
    type   = "manifest"
    tag    = "1.0.0"
    values = file("${path.module}/values/templates/05-vmo-vmtemplates.yaml")

    manifest {
      name    = "cm-unattend-xml"
      content = file("${path.module}/manifests/vmo-vmtemplates/cm-unattend-xml.yaml")
    }

    manifest {
      name    = "vmtemplate-ubuntu-2204"
      content = file("${path.module}/manifests/vmo-vmtemplates/vmtemplate-ubuntu-2204.yaml")
    }

    manifest {
      name    = "vmtemplate-windows-2022"
      content = file("${path.module}/manifests/vmo-vmtemplates/vmtemplate-windows-2022.yaml")
    }
  }

  profile_variables {
    variable {
      name         = "WindowsAdminPassword"
      display_name = "Windows administrator password"
      description  = "Password that Windows virtual machines get for Administrator at their first start, without the signs <, > and &."
      format       = "string"
      regex        = "^[!-%'-;=?-~]([ !-%'-;=?-~]*[!-%'-;=?-~])?$"
      required     = true
      is_sensitive = true
    }

    variable {
      name         = "UbuntuPassword"
      display_name = "Ubuntu password"
      description  = "Password that Ubuntu virtual machines get for their default user at the first start, without quotes and backslashes."
      format       = "string"
      regex        = "^[!#-\\[\\]-~]([ !#-\\[\\]-~]*[!#-\\[\\]-~])?$"
      required     = true
      is_sensitive = true
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
