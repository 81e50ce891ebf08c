//! Prism, which reads the API's description by itself, between the program and the tests' own tenant: it takes their requests
//! and answers for those of the description.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::common::Shared;
use crate::common::harness::{Run, Scratch, vmo_ra, write};
use crate::common::programs::program;
use crate::common::tenant::{Fault, KEY, PROFILES, Tenant, golden, with_values};

/// Prism before a tenant. What is not of the description is answered with an error.
struct Prism {
    process: Child,
    host: String,
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Prism {
    fn before(tenant: &Tenant, shared: &Shared) -> Option<Self> {
        let prism = program("prism")?;
        // Its port is free again as soon as it is known.
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("a port is free")
            .port();
        let mut process = Command::new(prism)
            .args(["proxy", "--errors", "--host", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .arg(shared.path("schemas/palette-api.json"))
            .arg(tenant.host())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("prism starts");
        let output = process.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let is_ready = lines.any(|line| line.contains("is listening on"));
        assert!(is_ready, "prism ends before it listens");
        thread::spawn(move || lines.for_each(drop));
        Some(Prism {
            process,
            host: format!("http://127.0.0.1:{port}"),
        })
    }

    fn asked(&self, tenant: &Tenant, folder: &Scratch, command: &str) -> Run {
        // As if some time had passed: a command does not know what the last one asked.
        tenant.state().buckets.clear();
        vmo_ra(&format!("palette {command}"))
            .within(folder)
            .env("PALETTE_HOST", &self.host)
            .env("PALETTE_API_KEY", KEY)
            .run()
    }
}

#[test]
fn requests_and_answers_are_those_of_the_description() {
    let Some(shared) = Shared::find() else { return };
    let Some(tenant) = Tenant::start(with_values()) else {
        return;
    };
    let Some(prism) = Prism::before(&tenant, &shared) else {
        return;
    };
    let folder = Scratch::new();
    for profile in PROFILES {
        let text = golden(profile).to_string();
        write(&folder, &format!("out/{profile}.json"), text);
    }
    let run = |command: &str| prism.asked(&tenant, &folder, command);
    run("validate out --project Default").ends(0);
    run("import out --yes").ends(0);
    run("packs").ends(0);
    run("list").ends(0);
    run("status out").ends(0);
    run("export --all --out back").ends(0);
    run("diff VMO-RA-Templates back").ends(0);
    run("selftest --write").ends(0);
    assert_eq!(tenant.state().profiles.len(), 3);
    // That it looks at all: an answer that the description does not have is none for it.
    let next = tenant.state().seen.len();
    let odd = Fault::Status(200, r#"{"items": 7}"#);
    tenant.state().faults.insert(next, odd);
    run("list")
        .ends(2)
        .begins("error: Palette refuses `POST /v1/dashboard/clusterprofiles` with status 500\n");
}
