//! Subresource integrity of tarballs (npm's `ssri`): `sha512-<base64>`, several separated by spaces.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Algorithms from weakest to strongest; only the strongest one present counts.
const ALGORITHMS: [&str; 4] = ["sha1", "sha256", "sha384", "sha512"];

/// The integrity string for the hexadecimal `shasum` of old packuments.
pub fn from_shasum(shasum: &str) -> Option<String> {
    if shasum.len() != 40 {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..20)
        .map(|i| u8::from_str_radix(shasum.get(i * 2..i * 2 + 2)?, 16).ok())
        .collect();
    Some(format!("sha1-{}", STANDARD.encode(bytes?)))
}

/// The `sha512-` string of some bytes.
pub fn sha512(bytes: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(Sha512::digest(bytes)))
}

/// Checks `bytes`; `Err` holds the digest they have instead, in the strongest algorithm of `integrity`. An integrity without a known
/// algorithm checks nothing, as in npm.
pub fn verify(integrity: &str, bytes: &[u8]) -> Result<(), String> {
    let entries = || {
        integrity
            .split_whitespace()
            .filter_map(|entry| entry.split_once('-'))
    };
    let Some(algorithm) = ALGORITHMS
        .iter()
        .rev()
        .find(|name| entries().any(|(algorithm, _)| algorithm == **name))
    else {
        return Ok(());
    };
    let digest = match *algorithm {
        "sha512" => STANDARD.encode(Sha512::digest(bytes)),
        "sha384" => STANDARD.encode(Sha384::digest(bytes)),
        "sha256" => STANDARD.encode(Sha256::digest(bytes)),
        _ => STANDARD.encode(Sha1::digest(bytes)),
    };
    let expected = |(name, value): (&str, &str)| {
        name == *algorithm && value.split('?').next() == Some(&digest)
    };
    if entries().any(expected) {
        Ok(())
    } else {
        Err(format!("{algorithm}-{digest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strongest_algorithm_decides() {
        let good = sha512(b"hello");
        assert_eq!(verify(&good, b"hello"), Ok(()));
        assert_eq!(verify(&format!("sha1-AAAA {good}"), b"hello"), Ok(()));
        assert_eq!(verify(&good, b"hellO"), Err(sha512(b"hellO")));
        assert_eq!(verify("", b"x"), Ok(()));
        let sha1 = from_shasum("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d").expect("a shasum");
        assert_eq!(verify(&sha1, b"hello"), Ok(()));
    }
}
