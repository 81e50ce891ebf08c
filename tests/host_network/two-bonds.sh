# Four cards in two bonds. The data ports' native VLAN is one that the node has no address in, for VMs without a VLAN.
plug_in() {
  trunk bond_mgmt 10 1
  trunk bond_data "$TRUNK" 999
  peer 1 192.168.0.1/22
  peer 10 172.16.0.1/22
  peer 20 10.20.30.1/16
  peer 30 10.30.0.1/24
  peer 999 10.99.0.1/24
}

check() {
  reaches "the node reaches the deployment network, untagged" node 192.168.0.1
  reaches "the node reaches the management network" node 172.16.0.1
  reaches "the node reaches its gateway on the data network" node 10.20.30.1

  start vm30 vlan-30.json 10.30.0.2/24
  start untagged vlan-untagged.json 10.99.0.2/24
  misses "a VM on VLAN 30 reaches nothing before the bridge filters VLANs" vm vm30 10.30.0.1
  reaches "an untagged VM reaches its peer" vm untagged 10.99.0.1

  filter
  reaches "a VM on VLAN 30 reaches its peer on the trunk" vm vm30 10.30.0.1
  reaches "an untagged VM still reaches its peer" vm untagged 10.99.0.1
  reaches "the node still reaches its gateway" node 10.20.30.1

  bridge vlan delete dev "$UPLINK" vid 30
  misses "a VLAN that the uplink does not let through reaches nothing" vm vm30 10.30.0.1

  # The VLAN of the node itself: let through by the bridge, yet its frames never come to it.
  bridge vlan add dev "$UPLINK" vid 20
  start vm20 vlan-20.json 10.20.0.50/16
  misses "a VM on VLAN 20 reaches nothing while bond_data.20 takes it" vm vm20 10.20.30.1
  ip link delete bond_data.20
  reaches "a VM on VLAN 20 reaches its peer once bond_data.20 is gone" vm vm20 10.20.30.1
  restart_node
  reaches "the node has its data network back" node 10.20.30.1
}
