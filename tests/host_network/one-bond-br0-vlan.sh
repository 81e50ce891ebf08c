# Two cards in one bond; the data VLAN stands on the bridge, where VMs can use it too.
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
  reaches "br0.20 works on the bridge as netplan leaves it" node 10.20.30.1

  filter_uplink
  misses "br0.20 is cut off while the bridge's own VLANs lack 20" node 10.20.30.1
  filter
  reaches "br0.20 works with VLAN 20 on the bridge itself" node 10.20.30.1
  reaches "the bridge still has its untagged network" node 192.168.0.1
  start vm20 vlan-20.json 10.20.0.50/16
  start vm30 vlan-30.json 10.30.0.2/24
  start untagged vlan-untagged.json 192.168.0.50/22
  reaches "a VM on VLAN 20 reaches its peer" vm vm20 10.20.30.1
  reaches "a VM on VLAN 20 reaches the node" vm vm20 10.20.0.11
  reaches "a VM on VLAN 30 reaches its peer" vm vm30 10.30.0.1
  reaches "an untagged VM reaches its peer" vm untagged 192.168.0.1

  bridge vlan add dev "$UPLINK" vid 10
  start vm10 vlan-10.json 172.16.0.50/22
  misses "a VM on VLAN 10 reaches nothing while bond0.10 takes it" vm vm10 172.16.0.1
  reaches "the management VLAN is untouched" node 172.16.0.1
}
