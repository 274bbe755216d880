//! Functions of any output length that are built on Keccak: cSHAKE and KMAC (NIST SP 800-185), TurboSHAKE and KangarooTwelve (RFC 9861).

use cshake::CShake;
use digest::{ExtendableOutput, Update, XofReader};
use k12::{CustomRefKt128, CustomRefKt256};
use keccak::{Keccak, State1600};
use sponge_cursor::SpongeCursor;

use crate::answer::{Failure, answer};
use crate::fields::Fields;

/// Bytes that a state takes or gives at once, for a strength of 128 bits and of 256.
const RATE_128: usize = 168;
const RATE_256: usize = 136;

fn read(mut reader: impl XofReader, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    reader.read(&mut out);
    out
}

fn cshake<const RATE: usize>(
    name: &[u8],
    customization: &[u8],
    parts: &[&[u8]],
    len: usize,
) -> Vec<u8> {
    let mut state = CShake::<RATE>::new_with_function_name(name, customization);
    for part in parts {
        state.update(part);
    }
    read(state.finalize_xof(), len)
}

/// The digits of a number without zeros in front, at least one.
fn significant(number: u64) -> Vec<u8> {
    let digits = number.to_be_bytes();
    let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
    digits[zeros.min(7)..].to_vec()
}

fn left_encode(number: u64) -> Vec<u8> {
    let digits = significant(number);
    [&[digits.len() as u8][..], &digits].concat()
}

fn right_encode(number: u64) -> Vec<u8> {
    let digits = significant(number);
    [&digits[..], &[digits.len() as u8]].concat()
}

fn kmac<const RATE: usize>(
    key: &[u8],
    key_bits: u64,
    customization: &[u8],
    data: &[u8],
    bits: u64,
) -> Vec<u8> {
    let mut first = [
        left_encode(RATE as u64),
        left_encode(key_bits),
        key.to_vec(),
    ]
    .concat();
    first.resize(first.len().next_multiple_of(RATE), 0);
    let len = bits.div_ceil(8) as usize;
    cshake::<RATE>(
        b"KMAC",
        customization,
        &[&first, data, &right_encode(bits)],
        len,
    )
}

fn turbo_shake<const RATE: usize>(domain: u8, data: &[u8], len: usize) -> Vec<u8> {
    const ROUNDS: usize = 12;
    let mut state = State1600::default();
    let mut out = vec![0; len];
    Keccak::new().with_p1600::<ROUNDS>(|permute| {
        let mut cursor = SpongeCursor::<RATE>::default();
        cursor.absorb_u64_le(&mut state, permute, data);
        let at = cursor.pos();
        state[at / 8] ^= u64::from(domain) << (8 * (at % 8));
        state[RATE / 8 - 1] ^= 1 << 63;
        for chunk in out.chunks_mut(RATE) {
            permute(&mut state);
            let bytes = state.iter().flat_map(|word| word.to_le_bytes());
            for (place, byte) in chunk.iter_mut().zip(bytes) {
                *place = byte;
            }
        }
    });
    out
}

/// cSHAKE of the third field, with the name and the customization in the first two. `bits` is 128 or 256.
///
/// # Safety
/// `fields` points at `fields_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn cshake_digest(
    bits: u32,
    fields: *const u8,
    fields_len: usize,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let [name, customization, data] = unsafe { Fields::new(fields, fields_len) }.take_all();
    answer::<Vec<u8>>(Ok(match bits {
        128 => cshake::<RATE_128>(name, customization, &[data], len),
        _ => cshake::<RATE_256>(name, customization, &[data], len),
    }))
}

/// KMAC of the third field, with the key and the customization in the first two. `bits` is 128 or 256.
///
/// # Safety
/// `fields` points at `fields_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn kmac_digest(
    bits: u32,
    fields: *const u8,
    fields_len: usize,
    key_bits: u32,
    output_bits: u32,
) -> u32 {
    // SAFETY: the caller's promise.
    let [key, customization, data] = unsafe { Fields::new(fields, fields_len) }.take_all();
    let (key_bits, output_bits) = (u64::from(key_bits), u64::from(output_bits));
    answer::<Vec<u8>>(Ok(match bits {
        128 => kmac::<RATE_128>(key, key_bits, customization, data, output_bits),
        _ => kmac::<RATE_256>(key, key_bits, customization, data, output_bits),
    }))
}

/// TurboSHAKE of the only field. `bits` is 128 or 256. Fails for a domain that is not in 1 to 127.
///
/// # Safety
/// `fields` points at `fields_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn turbo_shake_digest(
    bits: u32,
    domain: u32,
    fields: *const u8,
    fields_len: usize,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let data = unsafe { Fields::new(fields, fields_len) }.take();
    answer(match (bits, u8::try_from(domain)) {
        (128, Ok(domain @ 1..=127)) => Ok(turbo_shake::<RATE_128>(domain, data, len)),
        (_, Ok(domain @ 1..=127)) => Ok(turbo_shake::<RATE_256>(domain, data, len)),
        _ => Err(Failure::unexplained()),
    })
}

/// KangarooTwelve of the second field, with the customization in the first. `bits` is 128 or 256.
///
/// # Safety
/// `fields` points at `fields_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn kangaroo_twelve_digest(
    bits: u32,
    fields: *const u8,
    fields_len: usize,
    len: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let [customization, data] = unsafe { Fields::new(fields, fields_len) }.take_all();
    answer::<Vec<u8>>(Ok(match bits {
        128 => {
            let mut state = CustomRefKt128::new_customized(customization);
            state.update(data);
            read(state.finalize_xof(), len)
        }
        _ => {
            let mut state = CustomRefKt256::new_customized(customization);
            state.update(data);
            read(state.finalize_xof(), len)
        }
    }))
}
