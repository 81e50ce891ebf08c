//! Palette over TLS: whose certificates are taken, and which proxy is asked.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::common::harness::{Run, Scratch, vmo_ra, write};
use crate::common::programs::program;
use crate::node;

/// A server with a certificate for localhost of an authority of its own.
struct Server {
    process: Child,
    port: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts it in a folder, whose files it answers.
fn server(folder: &Scratch) -> Option<Server> {
    let openssl = program("openssl")?;
    let path = |name: &str| folder.join(name).display().to_string();
    let (key, certificate) = (path("key.pem"), path("certificate.pem"));
    let made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext";
    let mut made: Vec<&str> = made.split(' ').collect();
    made.extend([
        "subjectAltName=DNS:localhost",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]);
    node::run(&openssl, &made, "");
    write(
        folder,
        "v1/dashboard/projects/metadata",
        r#"{"items": [{"metadata": {"uid": "p1", "name": "Default"}}]}"#,
    );
    let mut process = Command::new(openssl)
        .args([
            "s_server",
            "-accept",
            "localhost:0",
            "-WWW",
            "-naccept",
            "9",
            "-key",
            &key,
            "-cert",
            &certificate,
        ])
        .current_dir(&**folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl starts");
    let output = process.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines();
    // `ACCEPT [::1]:40123`
    let port = lines.find_map(|line| {
        Some(
            line.ok()?
                .strip_prefix("ACCEPT ")?
                .rsplit_once(':')?
                .1
                .to_owned(),
        )
    });
    thread::spawn(move || lines.for_each(drop));
    Some(Server {
        process,
        port: port.expect("it says where it listens"),
    })
}

/// Asks for a project that is not there, which is the first that a command does.
fn asked(folder: &Scratch, host: &str, more: &[&str], variables: &[(&str, &str)]) -> Run {
    let arguments = [
        &["palette", "list", "--project", "Nobody", "--host", host],
        more,
    ]
    .concat();
    let mut run = vmo_ra(&arguments)
        .within(folder)
        .env("PALETTE_API_KEY", "k");
    for (name, value) in variables {
        run = run.env(name, value);
    }
    run.run()
}

#[test]
fn only_authorities_that_are_named_are_taken() {
    let folder = Scratch::new();
    let Some(server) = server(&folder) else {
        return;
    };
    let host = format!("localhost:{}", server.port);
    let trusted = ["--ca-file", "certificate.pem"];
    asked(&folder, &host, &trusted, &[])
        .begins("error: the key has access to no project `Nobody`\n")
        .ends(2);
    let distrusted = asked(&folder, &host, &[], &[]);
    distrusted.begins("error: Palette did not answer `GET /v1/dashboard/projects/metadata`: its certificate is not trusted (").ends(3);
    let named = asked(
        &folder,
        &format!("127.0.0.1:{}", server.port),
        &trusted,
        &[],
    );
    named.ends(3);
    write(&folder, "empty.pem", "");
    asked(&folder, &host, &["--ca-file", "empty.pem"], &[])
        .begins("error: `empty.pem` holds no certificate\n")
        .ends(2);
}

#[test]
fn the_proxy_of_the_environment_is_asked_unless_the_host_is_excepted() {
    let folder = Scratch::new();
    let Some(server) = server(&folder) else {
        return;
    };
    let host = format!("localhost:{}", server.port);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let proxy = format!(
        "http://{}",
        listener.local_addr().expect("it has an address")
    );
    let asks = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        let mut line = String::new();
        BufReader::new(&stream)
            .read_line(&mut line)
            .expect("it is a line");
        let refused = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        refused.expect("it listens");
        let _ = stream.read(&mut [0; 1]);
        line
    });
    let trusted = ["--ca-file", "certificate.pem"];
    for variables in [
        &[("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", "localhost")][..],
        &[("https_proxy", proxy.as_str()), ("no_proxy", "*")],
        &[("HTTP_PROXY", proxy.as_str())],
    ] {
        asked(&folder, &host, &trusted, variables)
            .begins("error: the key has access to no project")
            .ends(2);
    }
    // Who asks the proxy is nobody else's matter.
    let known = proxy.replace("http://", "http://me:planted@");
    for proxy in [
        known.as_str(),
        "http://me:planted@127.0.0.1:1",
        "me:planted@:x",
    ] {
        let variables = [("HTTPS_PROXY", proxy), ("NO_PROXY", "example.com")];
        let run = asked(&folder, &host, &trusted, &variables);
        assert_ne!(run.code, Some(0));
        let all = format!("{}{}", run.told(), run.said());
        assert!(!all.contains("planted"), "{all}");
        if proxy == known {
            run.ends(3);
        }
    }
    assert_eq!(
        asks.join().expect("it ends"),
        format!("CONNECT {host} HTTP/1.1\r\n")
    );
    let _ = fs::remove_file(folder.join("key.pem"));
}
