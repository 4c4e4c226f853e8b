//! Attacks on time, memory, output and the contract itself.

use std::{hint::black_box, process, time::Duration};

use crate::{bindings::lance_host::pipeline::types::Column, declare};

pub fn run(mode: &str) -> Option<Result<(), String>> {
    match mode {
        "panic" => patience(),
        "abort" => process::abort(),
        "hang" => hang(),
        "sleep" => std::thread::sleep(Duration::from_secs(3600)),
        "alloc" => alloc(),
        "alloc-handled" => return Some(alloc_handled()),
        "recursion" => {
            black_box(recursion(1));
        }
        "stdout-flood" => loop {
            println!("{}", "x".repeat(1000));
        },
        "stderr-flood" => loop {
            eprintln!("{}", "x".repeat(1000));
        },
        "tables" => return Some(tables()),
        "huge-call" => return Some(huge_call()),
        "exit" => process::exit(3),
        "exit-0" => process::exit(0),
        "error" => {
            eprintln!("about to fail");
            return Some(Err("no more coffee".into()));
        }
        "escape" => return Some(Err("\u{1b}[2J\u{1b}[1;1Hall is well\r".into())),
        _ => return None,
    }
    Some(Ok(()))
}

#[inline(never)]
pub fn patience() {
    panic!("out of patience");
}

#[inline(never)]
fn hang() {
    loop {
        black_box(());
    }
}

fn tables() -> Result<(), String> {
    let mut kept = Vec::new();
    for number in 0.. {
        kept.push(declare::table(&format!("evil_{number}"))?);
    }
    Ok(())
}

fn alloc() {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1u8; 1 << 20]));
    }
}

fn alloc_handled() -> Result<(), String> {
    let mut kept = Vec::new();
    loop {
        let mut more = Vec::<u8>::new();
        more.try_reserve_exact(1 << 20)
            .map_err(|_| "no memory left for me")?;
        kept.push(black_box(more));
    }
}

#[inline(never)]
#[allow(unconditional_recursion, reason = "that is the point")]
fn recursion(depth: u64) -> u64 {
    black_box(recursion(black_box(depth + 1))) + depth
}

/// Lists may lie on top of each other in a guest's memory. The bindings cannot express that, so
/// their types are taken apart: 1,024 buffers that are one.
fn huge_call() -> Result<(), String> {
    let table = declare::table("evil")?;
    let shared = std::mem::ManuallyDrop::new(vec![0u8; 1 << 20]);
    let alias = || {
        let (pointer, length) = (shared.as_ptr().cast_mut(), shared.len());
        // SAFETY: the aliases are only read, by the host, and never dropped.
        unsafe { Vec::from_raw_parts(pointer, length, length) }
    };
    let buffers = (0..1024).map(|_| alias()).collect();
    let column = std::mem::ManuallyDrop::new(Column {
        length: 1,
        validity: None,
        buffers,
    });
    table
        .declare_rows(std::slice::from_ref(&column))
        .map_err(crate::told)
}
