//! Wrapping keys with keys. Each piece of input is a whole key.

use sha1::{Digest, Sha1};

use super::blocks::Blocks;
use super::{Mode, check_tag};
use crate::answer::Failure;
use crate::block::BlockCipher;

/// The rounds of RFC 3394 over a register of 8 bytes and the blocks of 8 that follow it.
fn scramble(block: &dyn BlockCipher, register: &mut [u8; 8], parts: &mut [[u8; 8]]) {
    let mut step = 0_u64;
    for _ in 0..6 {
        for part in &mut *parts {
            step += 1;
            let (first, second) = both(&block.encrypt_one(join(*register, *part)));
            *register = (u64::from_be_bytes(first) ^ step).to_be_bytes();
            *part = second;
        }
    }
}

/// Undoes [`scramble`].
fn unscramble(block: &dyn BlockCipher, register: &mut [u8; 8], parts: &mut [[u8; 8]]) {
    let mut step = 6 * parts.len() as u64;
    for _ in 0..6 {
        for part in parts.iter_mut().rev() {
            let first = (u64::from_be_bytes(*register) ^ step).to_be_bytes();
            let mut joined = join(first, *part);
            block.decrypt(&mut joined);
            (*register, *part) = both(&joined);
            step -= 1;
        }
    }
}

fn join(first: [u8; 8], second: [u8; 8]) -> [u8; 16] {
    let mut joined = [0; 16];
    joined[..8].copy_from_slice(&first);
    joined[8..].copy_from_slice(&second);
    joined
}

fn both(joined: &[u8; 16]) -> ([u8; 8], [u8; 8]) {
    let (halves, _) = joined.as_chunks();
    (halves[0], halves[1])
}

/// The first 8 bytes and the others by 8, if there are at least `least` parts in all.
fn split(input: &[u8], least: usize) -> Result<([u8; 8], Vec<[u8; 8]>), Failure> {
    match input.as_chunks() {
        (parts, []) if parts.len() >= least => Ok((parts[0], parts[1..].to_vec())),
        _ => Err(Failure::unexplained()),
    }
}

/// AES key wrap (RFC 3394).
pub struct Wrap {
    block: Box<dyn BlockCipher>,
    iv: [u8; 8],
    encrypt: bool,
}

impl Wrap {
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8], encrypt: bool) -> Self {
        let mut copy = [0; 8];
        copy.copy_from_slice(iv);
        Self {
            block,
            iv: copy,
            encrypt,
        }
    }
}

impl Mode for Wrap {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        if self.encrypt {
            let (parts, []) = input.as_chunks() else {
                return Err(Failure::unexplained());
            };
            if parts.len() < 2 {
                return Err(Failure::unexplained());
            }
            let (mut register, mut parts) = (self.iv, parts.to_vec());
            scramble(&*self.block, &mut register, &mut parts);
            out.extend_from_slice(&register);
            out.extend_from_slice(parts.as_flattened());
        } else {
            let (mut register, mut parts) = split(input, 3)?;
            unscramble(&*self.block, &mut register, &mut parts);
            check_tag(&self.iv, &register)?;
            out.extend_from_slice(parts.as_flattened());
        }
        Ok(())
    }
}

/// AES key wrap with padding (RFC 5649).
pub struct PaddedWrap {
    block: Box<dyn BlockCipher>,
    iv: [u8; 4],
    encrypt: bool,
}

impl PaddedWrap {
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8], encrypt: bool) -> Self {
        let mut copy = [0; 4];
        copy.copy_from_slice(iv);
        Self {
            block,
            iv: copy,
            encrypt,
        }
    }

    fn wrap(&self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        if input.is_empty() {
            return Err(Failure::unexplained());
        }
        let mut register = [0; 8];
        register[..4].copy_from_slice(&self.iv);
        register[4..].copy_from_slice(&(input.len() as u32).to_be_bytes());
        let mut padded = input.to_vec();
        padded.resize(input.len().next_multiple_of(8), 0);
        let parts = padded.as_chunks_mut().0;
        if let [part] = parts {
            out.extend_from_slice(&self.block.encrypt_one(join(register, *part)));
            return Ok(());
        }
        scramble(&*self.block, &mut register, parts);
        out.extend_from_slice(&register);
        out.extend_from_slice(&padded);
        Ok(())
    }

    fn unwrap(&self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let (mut register, mut parts) = split(input, 2)?;
        if let [part] = &mut parts[..] {
            let mut joined = join(register, *part);
            self.block.decrypt(&mut joined);
            (register, *part) = both(&joined);
        } else {
            unscramble(&*self.block, &mut register, &mut parts);
        }
        let bytes = parts.as_flattened();
        let (halves, _) = register.as_chunks::<4>();
        let len = u32::from_be_bytes(halves[1]) as usize;
        check_tag(&self.iv, &halves[0])?;
        if len > bytes.len() || len + 8 <= bytes.len() || bytes[len..].iter().any(|&byte| byte != 0)
        {
            return Err(Failure::unexplained());
        }
        out.extend_from_slice(&bytes[..len]);
        Ok(())
    }
}

impl Mode for PaddedWrap {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        if self.encrypt {
            self.wrap(input, out)
        } else {
            self.unwrap(input, out)
        }
    }
}

/// Triple-DES key wrap (RFC 3217).
pub struct TripleDesWrap {
    block: Option<Box<dyn BlockCipher>>,
    /// 8 random bytes, to encrypt with.
    random: Vec<u8>,
    encrypt: bool,
}

impl TripleDesWrap {
    pub fn new(block: Box<dyn BlockCipher>, random: &[u8], encrypt: bool) -> Self {
        Self {
            block: Some(block),
            random: random.to_vec(),
            encrypt,
        }
    }
}

/// The initialization vector of the outer encryption.
const OUTER_IV: [u8; 8] = [0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05];

fn checksum(key: &[u8]) -> [u8; 8] {
    let digest = Sha1::digest(key);
    let (parts, _) = digest.as_chunks();
    parts[0]
}

impl Mode for TripleDesWrap {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        if !input.len().is_multiple_of(8) {
            return Err(Failure::unexplained());
        }
        let mut cbc = |iv: &[u8], data: &[u8]| {
            let block = self.block.take().ok_or(Failure::unexplained())?;
            let mut mode = Blocks::new(block, Some(iv), self.encrypt);
            mode.set_padding(false);
            let mut result = Vec::new();
            let outcome = mode.update(data, &mut result);
            self.block = Some(mode.into_block());
            outcome.map(|()| result)
        };
        if self.encrypt {
            let inner = cbc(&self.random, &[input, &checksum(input)].concat())?;
            let mut joined = [&self.random[..], &inner].concat();
            joined.reverse();
            out.extend(cbc(&OUTER_IV, &joined)?);
        } else {
            if input.len() < 24 {
                return Err(Failure::unexplained());
            }
            let mut joined = cbc(&OUTER_IV, input)?;
            joined.reverse();
            let (iv, inner) = joined.split_at(8);
            let mut key = cbc(iv, inner)?;
            let given = key.split_off(key.len() - 8);
            check_tag(&given, &checksum(&key))?;
            out.extend(key);
        }
        Ok(())
    }
}
