<% if site.storage.node.multipath and site.nodes.sanBoot -%>
# If the boot configuration could not follow, the running names must stay: the next boot needs them.
if /usr/local/sbin/vmo-san-boot.sh; then
  systemctl reload-or-restart multipathd.service
else
  echo "vmo: this node may not boot from the SAN again, see the lines above" >&2
fi
<% elif site.storage.node.multipath -%>
# Takes over the new multipath.conf.
systemctl reload-or-restart multipathd.service
<% endif -%>
