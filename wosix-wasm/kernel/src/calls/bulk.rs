//! Packs.

use wosix_core::errno::Result;
use wosix_core::kernel::Tid;
use wosix_core::vfs::{PackEntry, PackId};

use crate::codec::{Reader, size};
use crate::entry::call;

#[unsafe(no_mangle)]
extern "C" fn sys_pack_create(tid: Tid, length: f64) -> i32 {
    call(tid, |kernel, _, _| Ok(kernel.pack_create(size(length)?)?.0))
}

#[unsafe(no_mangle)]
extern "C" fn sys_pack_write(tid: Tid, pack: u32, offset: f64, length: u32) -> i32 {
    call(tid, |kernel, _, frame| {
        kernel.pack_write(PackId(pack), size(offset)?, frame.bytes(0, length))
    })
}

/// Input: the directory, then rows of mode, offset, length and path.
#[unsafe(no_mangle)]
extern "C" fn sys_pack_install(tid: Tid, pack: u32, length: u32) -> i32 {
    call(tid, |kernel, call, frame| {
        let input = frame.input(length);
        let mut reader = Reader::new(&input);
        let path = reader.string()?;
        let mut entries = Vec::new();
        while !reader.is_empty() {
            entries.push(entry(&mut reader)?);
        }
        kernel.pack_install(call, PackId(pack), path, &entries)
    })
}

fn entry(reader: &mut Reader) -> Result<PackEntry> {
    Ok(PackEntry {
        mode: reader.i32()? as u32,
        offset: size(reader.f64()?)?,
        length: size(reader.f64()?)?,
        path: reader.string()?.to_vec(),
    })
}

#[unsafe(no_mangle)]
extern "C" fn sys_pack_release(tid: Tid, pack: u32) -> i32 {
    call(tid, |kernel, _, _| kernel.pack_release(PackId(pack)))
}
