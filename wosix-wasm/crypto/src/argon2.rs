//! Argon2 (RFC 9106).

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};

use crate::answer::{Failure, answer};
use crate::fields::Fields;

/// What the work costs.
struct Cost {
    passes: u32,
    /// In KiB.
    memory: u32,
    parallelism: u32,
}

fn derive(variant: u32, cost: &Cost, fields: &mut Fields, len: usize) -> Option<Vec<u8>> {
    let [password, salt, secret, associated] = fields.take_all();
    let algorithm = match variant {
        0 => Algorithm::Argon2d,
        1 => Algorithm::Argon2i,
        _ => Algorithm::Argon2id,
    };
    let mut params = ParamsBuilder::new();
    params
        .m_cost(cost.memory)
        .t_cost(cost.passes)
        .p_cost(cost.parallelism)
        .data(AssociatedData::new(associated).ok()?)
        .output_len(len);
    let params = params.build().ok()?;
    let context = Argon2::new_with_secret(secret, algorithm, Version::V0x13, params).ok()?;
    let mut out = vec![0; len];
    context.hash_password_into(password, salt, &mut out).ok()?;
    Some(out)
}

/// Derives `len` bytes; `fields` are password, salt, secret and associated data (at most 32 bytes). Fails for what the algorithm does not take, and when
/// there is not enough memory.
///
/// # Safety
/// `fields` points at `fields_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn argon2_derive(
    variant: u32,
    passes: u32,
    memory: u32,
    parallelism: u32,
    fields: *const u8,
    fields_len: usize,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let mut fields = unsafe { Fields::new(fields, fields_len) };
    let cost = Cost {
        passes,
        memory,
        parallelism,
    };
    answer(derive(variant, &cost, &mut fields, len).ok_or(Failure::unexplained()))
}
