#!/bin/sh
# Lets multipath tell what it makes of the file $1, in a mount namespace of its own.
set -eu
mount -t tmpfs none /etc
cp "$1" /etc/multipath.conf
multipath -t
