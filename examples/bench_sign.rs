//! For `scripts/bench.sh`: the CPU time of one bare RSA-2048 signature (PKCS #1 v1.5, SHA-256: RS256), in milliseconds.
//!
//! `bench_sign SECONDS TICKS`, where TICKS is what `getconf CLK_TCK` prints. It is measured as the server's is, from
//! /proc, with a key that is kept parsed and a message of an access token's length.

use std::error::Error;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use tokio::time::Instant;

const MESSAGE: [u8; 800] = [b'x'; 800];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [seconds, ticks] = arguments.as_slice() else { return Err("bench_sign SECONDS TICKS".into()) };
    let (span, ticks) = (Duration::from_secs(seconds.parse()?), ticks.parse::<f64>()?);
    let pair = KeyPair::generate(KeySize::Rsa2048)?;
    let random = SystemRandom::new();
    let mut signature = vec![0; pair.public_modulus_len()];
    let (begun, before) = (Instant::now(), cpu_ticks()?);
    let mut count = 0_u32;
    while begun.elapsed() < span {
        pair.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature)?;
        count = count.saturating_add(1);
    }
    let used = (cpu_ticks()? - before) / ticks;
    println!("{:.4}", used * 1000.0 / f64::from(count));
    Ok(())
}

/// User and system time of this process so far (proc(5), fields 14 and 15 of `stat`).
fn cpu_ticks() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("stat without a name")?;
    Ok(fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<_, _>>()?)
}
