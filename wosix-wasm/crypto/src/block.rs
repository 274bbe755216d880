//! Block ciphers behind one interface, so that each mode of operation exists once and not once a cipher.

use cipher::array::Array;
use cipher::{BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit};

/// A block cipher with its key.
pub trait BlockCipher {
    /// Bytes a block.
    fn block_size(&self) -> usize;
    /// Encrypts whole blocks, each by itself.
    fn encrypt(&self, blocks: &mut [u8]);
    /// Decrypts whole blocks, each by itself.
    fn decrypt(&self, blocks: &mut [u8]);
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser> BlockCipher for C {
    fn block_size(&self) -> usize {
        C::block_size()
    }

    fn encrypt(&self, blocks: &mut [u8]) {
        let (blocks, rest) = Array::slice_as_chunks_mut(blocks);
        debug_assert!(rest.is_empty());
        self.encrypt_blocks(blocks);
    }

    fn decrypt(&self, blocks: &mut [u8]) {
        let (blocks, rest) = Array::slice_as_chunks_mut(blocks);
        debug_assert!(rest.is_empty());
        self.decrypt_blocks(blocks);
    }
}

/// The cipher of `family` (the numbers of `cipher-table.ts`) that takes keys of this length.
pub fn new(family: u32, key: &[u8]) -> Option<Box<dyn BlockCipher>> {
    const AES: u32 = 0;
    match (family, key.len()) {
        (AES, 16) => keyed::<aes::Aes128>(key),
        (AES, 24) => keyed::<aes::Aes192>(key),
        (AES, 32) => keyed::<aes::Aes256>(key),
        _ => None,
    }
}

fn keyed<C: BlockCipher + KeyInit + 'static>(key: &[u8]) -> Option<Box<dyn BlockCipher>> {
    let cipher = C::new_from_slice(key).ok()?;
    Some(Box::new(cipher))
}
