// One NetworkAttachmentDefinition for each VLAN of networks.json.
local data = import 'networks.json';

local network(vlan) = {
  local name = 'vlan-%d' % vlan,
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  metadata: { name: name, namespace: data.namespace },
  spec: {
    // The quickest way to a text of JSON here; std.manifestJsonEx takes many times as long.
    config: std.toString({
      cniVersion: '0.3.1',
      name: name,
      type: 'bridge',
      bridge: data.bridge,
      vlan: vlan,
      preserveDefaultVlan: false,
      ipam: {},
    }),
  },
};

{ apiVersion: 'v1', kind: 'List', items: [network(vlan) for vlan in data.vlans] }
