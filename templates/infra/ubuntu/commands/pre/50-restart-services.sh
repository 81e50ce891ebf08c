# A service moves into its slice, and reads its new files, only when it is started again.
systemctl daemon-reload
systemctl restart containerd.service kubelet.service
