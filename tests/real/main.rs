//! What we write, read by the programs it is written for.

#[path = "../common/mod.rs"]
mod common;

mod kinds;
mod kubectl;
mod kubernetes;
mod sarif;
mod words;
