#!/bin/sh
# Lets containerd tell what it makes of the folder $1 as /etc/containerd, in a mount namespace of its own.
set -eu
mount -t tmpfs none /etc
cp -R "$1" /etc/containerd
containerd config dump
