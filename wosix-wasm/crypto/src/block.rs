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

    /// One encrypted block of the 128-bit ciphers.
    fn encrypt_one(&self, mut block: [u8; 16]) -> [u8; 16] {
        self.encrypt(&mut block);
        block
    }
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
    const ARIA: u32 = 1;
    const CAMELLIA: u32 = 2;
    const SM4: u32 = 3;
    const TRIPLE_DES: u32 = 4;
    match (family, key.len()) {
        (AES, 16) => keyed::<aes::Aes128>(key),
        (AES, 24) => keyed::<aes::Aes192>(key),
        (AES, 32) => keyed::<aes::Aes256>(key),
        (ARIA, 16) => keyed::<aria::Aria128>(key),
        (ARIA, 24) => keyed::<aria::Aria192>(key),
        (ARIA, 32) => keyed::<aria::Aria256>(key),
        (CAMELLIA, 16) => keyed::<camellia::Camellia128>(key),
        (CAMELLIA, 24) => keyed::<camellia::Camellia192>(key),
        (CAMELLIA, 32) => keyed::<camellia::Camellia256>(key),
        (SM4, 16) => keyed::<sm4::Sm4>(key),
        (TRIPLE_DES, 16) => keyed::<des::TdesEde2>(key),
        (TRIPLE_DES, 24) => keyed::<des::TdesEde3>(key),
        _ => None,
    }
}

fn keyed<C: BlockCipher + KeyInit + 'static>(key: &[u8]) -> Option<Box<dyn BlockCipher>> {
    let cipher = C::new_from_slice(key).ok()?;
    Some(Box::new(cipher))
}
