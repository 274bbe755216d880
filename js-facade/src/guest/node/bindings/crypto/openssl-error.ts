/** Errors as OpenSSL 3 has them and Node shows them. */

/** Names of OpenSSL's libraries by number (`ERR_LIB_*`): as text, and as Node puts them into codes (some it leaves out). */
const LIBRARIES: Record<number, [text: string, code?: string]> = {
  3: ['bignum routines', 'BN'], 4: ['rsa routines', 'RSA'], 5: ['Diffie-Hellman routines', 'DH'], 6: ['digital envelope routines', 'EVP'],
  8: ['object identifier routines', 'OBJ'], 9: ['PEM routines', 'PEM'], 10: ['dsa routines', 'DSA'], 11: ['x509 certificate routines', 'X509'],
  13: ['asn1 encoding routines', 'ASN1'], 15: ['common libcrypto routines', 'CRYPTO'], 16: ['elliptic curve routines', 'EC'],
  34: ['X509 V3 routines', 'X509V3'], 35: ['PKCS12 routines', 'PKCS12'], 57: ['Provider routines'], 59: ['ENCODER routines'],
  60: ['DECODER routines'],
};

const PROVIDER = 57, DECODER = 60;

/** Below this number are the reasons of providers that ciphers give at their end. */
const PROVIDER_REASONS_OF_KEYS = 122;

/** Whether an error stays in OpenSSL's queue when Node looks at it, so that it shows it a second time. */
function isKept(code: number): boolean {
  const library = code >>> 23, reason = code & 0x7fffff;
  return library === DECODER || (library === PROVIDER && reason < PROVIDER_REASONS_OF_KEYS);
}

/** Failures that Node words itself, by the number that `wosix-wasm/crypto` gives them in no library: the class and the code. */
const NODE_FAILURES: Record<number, [kind: new (message: string) => Error, code?: string]> = {
  2: [Error], 3: [Error, 'ERR_CRYPTO_UNKNOWN_CIPHER'], 4: [TypeError, 'ERR_CRYPTO_INVALID_CURVE'], 5: [TypeError, 'ERR_INVALID_ARG_VALUE'],
  6: [TypeError, 'ERR_MISSING_PASSPHRASE'], 7: [Error, 'ERR_CRYPTO_OPERATION_FAILED'],
};

/** The error for a code of OpenSSL's: the library in the upper bits, the reason in the lower 23. */
export function opensslError(code: number, reason: string): Error {
  const failure = NODE_FAILURES[code];
  if (failure !== undefined) {
    const [Kind, nodeCode] = failure;
    const error = new Kind(reason);
    return nodeCode === undefined ? error : Object.assign(error, { code: nodeCode });
  }
  const [library, name] = LIBRARIES[code >>> 23] ?? [`lib(${code >>> 23})`];
  const message = `error:${code.toString(16).toUpperCase().padStart(8, '0')}:${library}::${reason}`;
  const nodeCode = `ERR_OSSL_${name === undefined ? '' : `${name}_`}${reason.toUpperCase().replaceAll(' ', '_')}`;
  const stack = isKept(code) ? { opensslErrorStack: [message] } : {};
  return Object.assign(new Error(message), stack, { library, reason, code: nodeCode });
}
