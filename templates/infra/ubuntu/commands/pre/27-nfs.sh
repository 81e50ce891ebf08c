<% if site.storage.node.nfs and not published -%>
# Shared file systems are mounted over NFS; the client is part of the node image.
command -v mount.nfs >/dev/null ||
  echo "vmo: no NFS client is there, shared file systems will not mount on this node" >&2
<% endif -%>
