<% if site.storage.node.iscsi -%>
# Volumes come over iSCSI; the initiator is part of the node image.
systemctl enable --now iscsid.service ||
  echo "vmo: no iSCSI initiator runs, volumes will not attach on this node" >&2
<% endif -%>
