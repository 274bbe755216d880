//! The feedback modes: CFB with segments of a block, of a byte and of a bit, and OFB.

use super::Mode;
use crate::answer::Failure;
use crate::block::BlockCipher;

/// CFB with segments as long as a block.
pub struct Cfb {
    block: Box<dyn BlockCipher>,
    encrypt: bool,
    /// The encrypted last block of ciphertext; what was used of it is replaced by this block's ciphertext.
    register: Vec<u8>,
    used: usize,
}

impl Cfb {
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8], encrypt: bool) -> Self {
        Self {
            encrypt,
            register: iv.to_vec(),
            used: block.block_size(),
            block,
        }
    }
}

impl Mode for Cfb {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        for &byte in input {
            if self.used == self.register.len() {
                self.block.encrypt(&mut self.register);
                self.used = 0;
            }
            let place = &mut self.register[self.used];
            let result = byte ^ *place;
            *place = if self.encrypt { result } else { byte };
            out.push(result);
            self.used += 1;
        }
        Ok(())
    }
}

/// CFB with segments of 1 or 8 bits.
pub struct CfbBits {
    block: Box<dyn BlockCipher>,
    encrypt: bool,
    /// The last bits of ciphertext, as many as a block has.
    register: Vec<u8>,
    segment: u32,
}

impl CfbBits {
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8], encrypt: bool, segment: u32) -> Self {
        Self {
            block,
            encrypt,
            register: iv.to_vec(),
            segment,
        }
    }

    /// The register moves on by the segment `ciphertext`, which is in the upper bits.
    fn shift(&mut self, ciphertext: u8) {
        let mut incoming = ciphertext >> (8 - self.segment);
        for byte in self.register.iter_mut().rev() {
            let wide = u16::from(*byte) << self.segment | u16::from(incoming);
            *byte = wide as u8;
            incoming = (wide >> 8) as u8;
        }
    }
}

impl Mode for CfbBits {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let mask = 0xff_u8 << (8 - self.segment);
        let mut keystream = vec![0; self.register.len()];
        for &byte in input {
            let mut result = 0;
            for at in (0..8).step_by(self.segment as usize) {
                keystream.copy_from_slice(&self.register);
                self.block.encrypt(&mut keystream);
                let segment = (byte << at) & mask;
                let combined = (segment ^ keystream[0]) & mask;
                self.shift(if self.encrypt { combined } else { segment });
                result |= combined >> at;
            }
            out.push(result);
        }
        Ok(())
    }
}

/// OFB.
pub struct Ofb {
    block: Box<dyn BlockCipher>,
    register: Vec<u8>,
    used: usize,
}

impl Ofb {
    pub fn new(block: Box<dyn BlockCipher>, iv: &[u8]) -> Self {
        Self {
            register: iv.to_vec(),
            used: block.block_size(),
            block,
        }
    }
}

impl Mode for Ofb {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        for &byte in input {
            if self.used == self.register.len() {
                self.block.encrypt(&mut self.register);
                self.used = 0;
            }
            out.push(byte ^ self.register[self.used]);
            self.used += 1;
        }
        Ok(())
    }
}
