//! Palette's API: packs and profiles of a tenant.
//!
//! [`Web`] sends requests, [`Client`] keeps to the API's limits and repeats what is safe, and the other files know the requests
//! and their answers. docs/palette.md says what is known of each endpoint, and from where.
//!
//! ```
//! use vmo_ra::palette::Address;
//!
//! let address: Address = "palette.example.com".parse().expect("it is an address");
//! assert_eq!(address.to_string(), "https://palette.example.com");
//! assert!("http://palette.example.com".parse::<Address>().is_err());
//! ```

mod address;
mod answers;
mod catalog;
mod client;
mod fetch;
mod import;
mod pace;
mod profiles;
mod registries;
mod selftest;
mod transport;
mod trouble;
mod web;

pub use address::{Address, goes_direct};
pub use catalog::{Catalog, Elsewhere, Missing, Preferred, Reason, TenantPack};
pub use client::{Client, Event};
pub use fetch::fetch;
pub use import::{Arrived, Import, Verdict};
pub use profiles::{Cluster, TenantProfile, export, find, list};
pub use registries::{Project, Registries, project};
pub use selftest::{Outcome, Step, selftest};
pub use transport::{Lost, Method, Reply, Request, Transport};
pub use trouble::Trouble;
pub use web::{Authorities, Web, WebSettings};

/// The JSON Schema (draft 2020-12) of what `vmo-ra palette` prints with `--format json`: a definition for each command.
pub fn json_schema() -> &'static str {
    include_str!("../../schema/palette.json")
}
