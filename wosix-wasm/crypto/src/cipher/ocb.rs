//! Offset codebook mode, version 3 (RFC 7253). Blocks are numbers, most significant bit first.

use super::{Authenticated, Mode, check_tag};
use crate::answer::Failure;
use crate::block::BlockCipher;

/// OCB.
pub struct Ocb {
    block: Box<dyn BlockCipher>,
    encrypt: bool,
    tag_len: usize,
    /// `L_*`
    star: u128,
    /// `L_$`
    dollar: u128,
    offset: u128,
    checksum: u128,
    /// Blocks of the message so far.
    blocks: u64,
    /// The message's bytes that wait for a full block.
    pending: Vec<u8>,
    associated: Vec<u8>,
    /// When encrypting the tag, once it is known; otherwise the tag to check.
    tag: Vec<u8>,
}

/// Twice a block, in the field of 2^128 elements.
fn double(block: u128) -> u128 {
    block << 1 ^ if block >> 127 == 1 { 0x87 } else { 0 }
}

/// A block that is not full: a 1 follows its bytes, then zeros.
fn pad(bytes: &[u8]) -> u128 {
    let mut block = [0; 16];
    block[..bytes.len()].copy_from_slice(bytes);
    block[bytes.len()] = 0x80;
    u128::from_be_bytes(block)
}

impl Ocb {
    pub fn new(block: Box<dyn BlockCipher>, nonce: &[u8], encrypt: bool, tag_len: usize) -> Self {
        let star = u128::from_be_bytes(block.encrypt_one([0; 16]));
        let mut ocb = Self {
            block,
            encrypt,
            tag_len,
            star,
            dollar: double(star),
            offset: 0,
            checksum: 0,
            blocks: 0,
            pending: Vec::new(),
            associated: Vec::new(),
            tag: Vec::new(),
        };
        ocb.offset = ocb.first_offset(nonce);
        ocb
    }

    fn first_offset(&self, nonce: &[u8]) -> u128 {
        let mut block = [0; 16];
        block[16 - nonce.len()..].copy_from_slice(nonce);
        block[15 - nonce.len()] |= 1;
        block[0] |= ((self.tag_len * 8 % 128) << 1) as u8;
        let bottom = u32::from(block[15] & 0x3f);
        block[15] &= 0xc0;
        let top = self.encipher(u128::from_be_bytes(block));
        // 64 bits follow the 128 of `top`; the offset begins at bit `bottom`.
        let follow = (top ^ top << 8) >> 64;
        match bottom {
            0 => top,
            _ => top << bottom | follow >> (64 - bottom),
        }
    }

    fn encipher(&self, block: u128) -> u128 {
        u128::from_be_bytes(self.block.encrypt_one(block.to_be_bytes()))
    }

    /// `L_ntz(i)`: what the offset changes by before the block number `i`, from 1.
    fn step(&self, i: u64) -> u128 {
        (0..=i.trailing_zeros()).fold(self.dollar, |l, _| double(l))
    }

    fn transform(&mut self, block: &mut [u8; 16]) {
        self.blocks += 1;
        self.offset ^= self.step(self.blocks);
        let text = u128::from_be_bytes(*block);
        if self.encrypt {
            self.checksum ^= text;
        }
        *block = (text ^ self.offset).to_be_bytes();
        if self.encrypt {
            self.block.encrypt(block);
        } else {
            self.block.decrypt(block);
        }
        let result = u128::from_be_bytes(*block) ^ self.offset;
        if !self.encrypt {
            self.checksum ^= result;
        }
        *block = result.to_be_bytes();
    }

    fn hash_associated(&self) -> u128 {
        let mut sum = 0;
        let mut offset = 0;
        let (blocks, rest) = self.associated.as_chunks();
        for (i, block) in (1..).zip(blocks) {
            offset ^= self.step(i);
            sum ^= self.encipher(u128::from_be_bytes(*block) ^ offset);
        }
        if !rest.is_empty() {
            sum ^= self.encipher(pad(rest) ^ offset ^ self.star);
        }
        sum
    }
}

impl Mode for Ocb {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let from = out.len();
        out.append(&mut self.pending);
        out.extend_from_slice(input);
        let whole = (out.len() - from) / 16 * 16;
        self.pending = out.split_off(from + whole);
        for block in out[from..].as_chunks_mut().0 {
            self.transform(block);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() {
            self.offset ^= self.star;
            let mut text = rest.clone();
            super::xor(&mut text, &self.encipher(self.offset).to_be_bytes());
            self.checksum ^= pad(if self.encrypt { &rest } else { &text });
            out.append(&mut text);
        }
        let whole = self.encipher(self.checksum ^ self.offset ^ self.dollar);
        let computed = (whole ^ self.hash_associated()).to_be_bytes();
        let computed = &computed[..self.tag_len];
        if self.encrypt {
            self.tag = computed.to_vec();
            return Ok(());
        }
        check_tag(&self.tag, computed)
    }

    fn authenticated(&mut self) -> Option<&mut dyn Authenticated> {
        Some(self)
    }
}

impl Authenticated for Ocb {
    fn authenticate(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.associated.extend_from_slice(data);
        Ok(())
    }

    fn set_tag(&mut self, tag: &[u8]) {
        self.tag = tag.to_vec();
    }

    fn tag(&self) -> &[u8] {
        &self.tag
    }
}
