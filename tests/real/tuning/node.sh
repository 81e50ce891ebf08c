#!/bin/sh
# Runs the command $1/command.sh on a node that is only made of files, in a mount namespace of its own: $1/etc and $1/run are
# the node's, $1/bin has the programs that would change the machine. $1/after is what becomes of /etc and /var/lib, $1/said
# what the command says, and $1/shell what it leaves to the commands after it in the same script.
set -eu
folder=$1
for place in etc run var/lib; do
  mount -t tmpfs none "/$place"
done
cp -R "$folder/etc/." /etc
cp -R "$folder/run/." /run
mkdir -p /var/lib/kubelet
echo '{}' >/var/lib/kubelet/cpu_manager_state
echo '{}' >/var/lib/kubelet/memory_manager_state
PATH=$folder/bin:$PATH
export PATH
cd /usr
# Sourced, as the commands share one script; the inner shell expands what stands in the quotes.
# shellcheck disable=SC2016
dash -c '. "$1/command.sh" >"$1/said" 2>&1; echo "$? $PWD $-" >"$1/shell"' sh "$folder"
mkdir -p "$folder/after"
cp -R /etc /var/lib "$folder/after"
