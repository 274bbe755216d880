//! Counter with CBC-MAC (NIST SP 800-38C). The whole message comes at once: its length is the first thing that is hashed.

use super::counter::Keystream;
use super::{Authenticated, Mode, check_tag, xor};
use crate::answer::Failure;
use crate::block::BlockCipher;

/// CCM.
pub struct Ccm {
    block: Box<dyn BlockCipher>,
    encrypt: bool,
    nonce: Vec<u8>,
    tag_len: usize,
    associated: Vec<u8>,
    /// As announced; a message of another length is refused.
    message_len: Option<usize>,
    done: bool,
    /// When encrypting the tag, once it is known; otherwise the tag to check.
    tag: Vec<u8>,
}

impl Ccm {
    pub fn new(block: Box<dyn BlockCipher>, nonce: &[u8], encrypt: bool, tag_len: usize) -> Self {
        Self {
            block,
            encrypt,
            nonce: nonce.to_vec(),
            tag_len,
            associated: Vec::new(),
            message_len: None,
            done: false,
            tag: Vec::new(),
        }
    }

    /// A block with the nonce in the middle and `number` at its end.
    fn block_with(&self, flags: u8, number: usize) -> [u8; 16] {
        let mut block = (number as u128).to_be_bytes();
        block[0] = flags;
        block[1..=self.nonce.len()].copy_from_slice(&self.nonce);
        block
    }

    /// The flags that say how many bytes are left for the length.
    fn length_flags(&self) -> u8 {
        (14 - self.nonce.len()) as u8
    }

    fn mac(&self, message: &[u8]) -> [u8; 16] {
        let has_associated = u8::from(!self.associated.is_empty()) << 6;
        let tag_flags = ((self.tag_len - 2) / 2) as u8;
        let flags = has_associated | tag_flags << 3 | self.length_flags();
        let mut mac = self
            .block
            .encrypt_one(self.block_with(flags, message.len()));
        if !self.associated.is_empty() {
            let len = self.associated.len();
            let mut encoded = match u16::try_from(len) {
                Ok(short) if short < 0xff00 => short.to_be_bytes().to_vec(),
                _ => [&[0xff, 0xfe][..], &(len as u32).to_be_bytes()].concat(),
            };
            encoded.extend_from_slice(&self.associated);
            self.absorb(&mut mac, &encoded);
        }
        self.absorb(&mut mac, message);
        mac
    }

    /// CBC-MAC over `data`, padded with zeros.
    fn absorb(&self, mac: &mut [u8; 16], data: &[u8]) {
        for chunk in data.chunks(16) {
            xor(mac, chunk);
            self.block.encrypt(mac);
        }
    }
}

impl Mode for Ccm {
    fn update(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        if self.done || self.message_len.is_some_and(|len| len != input.len()) {
            return Err(Failure::unexplained());
        }
        self.done = true;
        let counter = self.block_with(self.length_flags(), 0);
        let mut stream = Keystream::new(counter, 8 * (15 - self.nonce.len()));
        let mut mask = [0; 16];
        stream.apply(&*self.block, &mut mask);
        let from = out.len();
        out.extend_from_slice(input);
        stream.apply(&*self.block, &mut out[from..]);
        let plaintext = if self.encrypt { input } else { &out[from..] };
        let mut computed = self.mac(plaintext);
        xor(&mut computed, &mask);
        let computed = &computed[..self.tag_len];
        if self.encrypt {
            self.tag = computed.to_vec();
            return Ok(());
        }
        check_tag(&self.tag, computed).inspect_err(|_| out.truncate(from))
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        // An empty message has a tag, too.
        if self.done {
            Ok(())
        } else {
            self.update(&[], out)
        }
    }

    fn authenticated(&mut self) -> Option<&mut dyn Authenticated> {
        Some(self)
    }
}

impl Authenticated for Ccm {
    fn authenticate(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.associated = data.to_vec();
        Ok(())
    }

    fn set_message_len(&mut self, len: usize) {
        self.message_len = Some(len);
    }

    fn set_tag(&mut self, tag: &[u8]) {
        self.tag = tag.to_vec();
    }

    fn tag(&self) -> &[u8] {
        &self.tag
    }
}
