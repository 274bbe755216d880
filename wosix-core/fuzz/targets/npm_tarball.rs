//! Nothing in a tarball leaves the package's folder, and every file lies within the unpacked bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wosix_core::npm::tarball::unpack;

fuzz_target!(|data: &[u8]| {
    check(data);
    check(&with_checksums(data));
});

fn check(archive: &[u8]) {
    let Ok(unpacked) = unpack(archive) else {
        return;
    };
    let mut paths = std::collections::BTreeSet::new();
    for file in &unpacked.files {
        assert!(
            file.path
                .split('/')
                .all(|part| !matches!(part, "" | "." | "..")),
            "{:?}",
            file.path
        );
        assert!(file.offset + file.length <= unpacked.bytes.len());
        assert_eq!(file.mode & !0o755, 0, "{:o}", file.mode);
        assert!(paths.insert(&file.path), "twice: {:?}", file.path);
    }
}

/// Gives each block that looks like a header the checksum that it needs to be read at all.
fn with_checksums(data: &[u8]) -> Vec<u8> {
    let mut archive = data.to_vec();
    for block in archive
        .chunks_exact_mut(512)
        .filter(|block| block[257..262] == *b"ustar")
    {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
    archive
}
