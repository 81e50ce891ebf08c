<% if site.storage.node.devices == "pure" -%>
# Reloading the rules alone leaves the disks that are already there as they are.
udevadm control --reload-rules
udevadm trigger --action=change --subsystem-match=block --sysname-match='sd*' --sysname-match='dm-*'
<% endif -%>
