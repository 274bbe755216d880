/** Numbers that the library and `internalBinding('crypto')` pass to each other (Node 24). */

export const kKeyTypeSecret = 0, kKeyTypePublic = 1, kKeyTypePrivate = 2;

export const kWebCryptoCipherEncrypt = 0, kWebCryptoCipherDecrypt = 1;

/** How a job runs: by callback, at once, or as a promise. */
export const kCryptoJobAsync = 0, kCryptoJobSync = 1, kCryptoJobWebCrypto = 2;

export const kSignJobModeSign = 0, kSignJobModeVerify = 1;

export const kKeyEncodingPKCS1 = 0, kKeyEncodingPKCS8 = 1, kKeyEncodingSPKI = 2, kKeyEncodingSEC1 = 3;

export const kKeyFormatDER = 0, kKeyFormatPEM = 1, kKeyFormatJWK = 2, kKeyFormatRawPublic = 3, kKeyFormatRawPrivate = 4, kKeyFormatRawSeed = 5;
/** A key that only a provider of OpenSSL can reach. */
export const kKeyFormatStore = 6;

export const kKeyVariantRSA_SSA_PKCS1_v1_5 = 0, kKeyVariantRSA_PSS = 1, kKeyVariantRSA_OAEP = 2;

export const kSigEncDER = 0, kSigEncP1363 = 1;

export const OPENSSL_EC_EXPLICIT_CURVE = 0, OPENSSL_EC_NAMED_CURVE = 1;

/** Of `crypto.constants`: how a point is written. */
export const POINT_CONVERSION_UNCOMPRESSED = 4;

/** Of `crypto.constants`: padding of RSA. */
export const RSA_PKCS1_OAEP_PADDING = 4;

/** Key types without parameters by OpenSSL's numbers for them. */
export const EVP_PKEY_ED25519 = 1087, EVP_PKEY_ED448 = 1088, EVP_PKEY_X25519 = 1034, EVP_PKEY_X448 = 1035;
export const EVP_PKEY_ML_KEM_512 = 1454, EVP_PKEY_ML_KEM_768 = 1455, EVP_PKEY_ML_KEM_1024 = 1456;
export const EVP_PKEY_ML_DSA_44 = 1457, EVP_PKEY_ML_DSA_65 = 1458, EVP_PKEY_ML_DSA_87 = 1459;

export const constants = {
  kKeyTypeSecret, kKeyTypePublic, kKeyTypePrivate,
  kCryptoJobAsync, kCryptoJobSync, kCryptoJobWebCrypto,
  kSignJobModeSign, kSignJobModeVerify,
  kKeyVariantAES_CTR_128: 0, kKeyVariantAES_CTR_192: 1, kKeyVariantAES_CTR_256: 2,
  kKeyVariantAES_CBC_128: 3, kKeyVariantAES_CBC_192: 4, kKeyVariantAES_CBC_256: 5,
  kKeyVariantAES_GCM_128: 6, kKeyVariantAES_GCM_192: 7, kKeyVariantAES_GCM_256: 8,
  kKeyVariantAES_KW_128: 9, kKeyVariantAES_KW_192: 10, kKeyVariantAES_KW_256: 11,
  kKeyVariantAES_OCB_128: 12, kKeyVariantAES_OCB_192: 13, kKeyVariantAES_OCB_256: 14,
  kKeyVariantRSA_SSA_PKCS1_v1_5, kKeyVariantRSA_PSS, kKeyVariantRSA_OAEP,
  kWebCryptoCipherEncrypt, kWebCryptoCipherDecrypt,
  kWebCryptoKeyFormatRaw: 0, kWebCryptoKeyFormatPKCS8: 1, kWebCryptoKeyFormatSPKI: 2, kWebCryptoKeyFormatJWK: 3,
  kKeyEncodingPKCS1, kKeyEncodingPKCS8, kKeyEncodingSPKI, kKeyEncodingSEC1,
  kKeyFormatDER, kKeyFormatPEM, kKeyFormatJWK, kKeyFormatRawPublic, kKeyFormatRawPrivate, kKeyFormatRawSeed, kKeyFormatStore,
  kSigEncDER, kSigEncP1363,
  OPENSSL_EC_EXPLICIT_CURVE, OPENSSL_EC_NAMED_CURVE,
  EVP_PKEY_ED25519, EVP_PKEY_ED448, EVP_PKEY_X25519, EVP_PKEY_X448,
  EVP_PKEY_ML_KEM_512, EVP_PKEY_ML_KEM_768, EVP_PKEY_ML_KEM_1024, EVP_PKEY_ML_DSA_44, EVP_PKEY_ML_DSA_65, EVP_PKEY_ML_DSA_87,
  kKEMEncapsulate: 0, kKEMDecapsulate: 1,
  RSA_PKCS1_PSS_PADDING: 6,
  X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT: 1, X509_CHECK_FLAG_NO_WILDCARDS: 2, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS: 4,
  X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS: 8, X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS: 16, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT: 32,
};
