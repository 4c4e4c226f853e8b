//! Looks for what a sandbox must not show.

use std::{env, fs, net};

pub fn run(mode: &str) -> Option<Result<(), String>> {
    let found: Vec<String> = match mode {
        "environment" => env::vars().map(|(name, _)| name).collect(),
        "arguments" => env::args().collect(),
        "files" => {
            let directories = ["/", "."]
                .into_iter()
                .filter(|path| fs::read_dir(path).is_ok());
            let files = ["/etc/passwd", "/proc/self/environ"]
                .into_iter()
                .filter(|path| fs::read(path).is_ok());
            directories.chain(files).map(str::to_owned).collect()
        }
        "network" => {
            let mut found = Vec::new();
            if let Err(error) = net::TcpStream::connect(("127.0.0.1", 80)) {
                // Refused by the other side means that there was a way to it.
                if error.kind() == std::io::ErrorKind::ConnectionRefused {
                    found.push("a network".into());
                }
            } else {
                found.push("a server".into());
            }
            if net::ToSocketAddrs::to_socket_addrs("localhost:80").is_ok() {
                found.push("a name".into());
            }
            found
        }
        "write" => match fs::write("/data/evil.txt", "was here") {
            Ok(()) => vec!["a writable directory".into()],
            Err(_) => Vec::new(),
        },
        "escape-directory" => {
            let paths = ["/data/../secret.txt", "/data/link"].into_iter();
            paths
                .filter(|path| fs::read(path).is_ok())
                .map(str::to_owned)
                .collect()
        }
        _ => return None,
    };
    Some(if found.is_empty() {
        Ok(())
    } else {
        Err(format!("found {}", found.join(", ")))
    })
}
