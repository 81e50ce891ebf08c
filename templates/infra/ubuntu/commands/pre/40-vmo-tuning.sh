# The kubelet has this as --config-dir on every node and does not start without it.
mkdir -p /etc/kubernetes/kubelet.conf.d
(
<%- if site.cluster.controlPlaneRunsVms %>
  # Control planes run virtual machines here, so all nodes are tuned alike.
  tune=yes
<%- else %>
  # Only a join without a controlPlane section is a worker; anything unclear stays untuned, because reserving
  # cores that a small control plane does not have would stop its kubelet.
  tune=no
  join=/run/kubeadm/kubeadm-join-config.yaml
  if [ -f "$join" ] && ! grep -q '^controlPlane:' "$join"; then
    tune=yes
  fi
<%- endif %>
  if [ "$tune" = yes ]; then
    cd /etc/vmo/tuning || exit
    find . -type f -exec sh -c 'for file; do install -D -m 0644 "$file" "/$file"; done' sh {} +
    # A key the kernel does not know makes sysctl fail after it has set the others.
    sysctl -p /etc/sysctl.d/95-vmo-tuning.conf || true
    # The managers refuse to start with the checkpoint of another policy.
    rm -f /var/lib/kubelet/cpu_manager_state /var/lib/kubelet/memory_manager_state
    echo "vmo: worker tuning installed"
  else
    echo "vmo: not a worker, tuning left out"
  fi
)
