# Two cards in one bond; the node's own untagged network is on the bridge.
plug_in() {
  trunk bond0 "10 $TRUNK" 1
  peer 1 192.168.0.1/22
  peer 10 172.16.0.1/22
  peer 20 10.20.30.1/16
  peer 30 10.30.0.1/24
}

check() {
  reaches "the node reaches the deployment network on the bridge" node 192.168.0.1
  reaches "the node reaches the management network" node 172.16.0.1
  reaches "the node reaches its gateway on the data network" node 10.20.30.1

  filter
  reaches "the bridge still has its untagged network" node 192.168.0.1
  reaches "the management VLAN is untouched" node 172.16.0.1
  start vm30 vlan-30.json 10.30.0.2/24
  start untagged vlan-untagged.json 192.168.0.50/22
  reaches "a VM on VLAN 30 reaches its peer on the trunk" vm vm30 10.30.0.1
  reaches "an untagged VM reaches its peer" vm untagged 192.168.0.1
  reaches "an untagged VM reaches the node" vm untagged 192.168.0.11

  bridge vlan add dev "$UPLINK" vid 20
  start vm20 vlan-20.json 10.20.0.50/16
  misses "a VM on VLAN 20 reaches nothing while bond0.20 takes it" vm vm20 10.20.30.1
  ip link delete bond0.20
  reaches "a VM on VLAN 20 reaches its peer once bond0.20 is gone" vm vm20 10.20.30.1
  restart_node
  reaches "the node has its data network back" node 10.20.30.1
}
