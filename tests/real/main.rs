//! What we write, read by the programs it is written for.

#[path = "../common/mod.rs"]
mod common;

mod answer_file;
mod certificates;
mod cloud_init;
mod containerd;
mod help;
mod host_network;
mod kinds;
mod kubectl;
mod kubelet;
mod kubernetes;
mod multipath;
mod node;
mod node_guest;
mod node_ip;
mod palette_prism;
mod palette_tls;
mod san_boot;
mod sarif;
mod shell;
mod sysctl;
mod systemd;
mod terminal;
mod terraform_fmt;
mod tuning;
mod words;
