/** X.509 certificates: what `X509Certificate` of the library wraps. */

import { DigestStream } from '../../../codecs';
import type { Environment } from '../../environment';
import { registerNativeType } from '../../messaging/native-objects';
import { findAlgorithm } from './algorithms';
import { AsymmetricKey, textOf } from './asymmetric-key';
import { kKeyEncodingSPKI, kKeyFormatDER, kKeyTypePublic, POINT_CONVERSION_UNCOMPRESSED } from './constants';
import { KeyObjectHandle } from './key-object';
import { cryptoModule, NativeObject } from './module';
import { bytesOfSource, codecs, encodeResult, nodeError } from './support';
import type { ByteSource } from './support';

/** Curves by OpenSSL's names, as NIST calls them. */
const NIST_CURVES: Record<string, string> = {
  prime192v1: 'P-192', secp224r1: 'P-224', prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521',
};

/** Bits of the order of the curves whose size in bytes does not tell. */
const CURVE_BITS: Record<string, number> = { secp521r1: 521 };

/** Parts of `x509_fields`. */
const enum Field { Der, Pem, Subject, Issuer, ValidFrom, ValidFromSeconds, ValidTo, ValidToSeconds, SerialNumber, Algorithm, AlgorithmOid }

/** What a legacy object tells of the key. */
interface LegacyKey { modulus?: string; exponent?: string; pubkey?: unknown; bits?: number; asn1Curve?: string; nistCurve?: string }

/** OpenSSL counts with an `int`. */
const LONGEST_SPKAC = 2 ** 31 - 1;

const encoder = new TextEncoder();

export function x509Bindings(env: Environment): Record<string, unknown> {
  const module = () => cryptoModule(env);

  /** A certificate; the methods are those of Node's native class. */
  class X509Certificate {
    readonly #native: NativeObject;
    readonly #fields: Uint8Array<ArrayBuffer>[];

    /** Of a certificate's bytes, or another object of the same one. */
    constructor(source: ByteSource | X509Certificate) {
      const bytes = #native in source ? source.#fields[Field.Der] : bytesOfSource(source);
      this.#native = new NativeObject(module(), module().number('x509_parse', bytes), 'x509_free');
      this.#fields = module().parts('x509_fields', this.#native.address);
    }

    static is(value: object): value is X509Certificate {
      return #native in value;
    }

    static derOf(certificate: X509Certificate): Uint8Array {
      return certificate.#fields[Field.Der];
    }

    #text(field: Field): string {
      return textOf(this.#fields[field]);
    }

    /** The text that an export answers, if there is one. */
    #optional(name: string, ...args: (number | Uint8Array)[]): string | undefined {
      const [text] = module().parts(name, this.#native.address, ...args);
      return text === undefined ? undefined : textOf(text);
    }

    #fingerprint(hash: string): string {
      const stream = DigestStream.hash(codecs(env), findAlgorithm(hash)!);
      stream.update(this.#fields[Field.Der]);
      return Array.from(stream.finish(), (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(':');
    }

    subject(): string | undefined { return this.#text(Field.Subject) || undefined; }
    issuer(): string | undefined { return this.#text(Field.Issuer) || undefined; }
    subjectAltName(): string | undefined { return this.#optional('x509_alt_name'); }
    infoAccess(): string | undefined { return this.#optional('x509_info_access'); }
    validFrom(): string { return this.#text(Field.ValidFrom); }
    validTo(): string { return this.#text(Field.ValidTo); }
    validFromDate(): Date { return new Date(Number(this.#text(Field.ValidFromSeconds)) * 1000); }
    validToDate(): Date { return new Date(Number(this.#text(Field.ValidToSeconds)) * 1000); }
    fingerprint(): string { return this.#fingerprint('sha1'); }
    fingerprint256(): string { return this.#fingerprint('sha256'); }
    fingerprint512(): string { return this.#fingerprint('sha512'); }
    keyUsage(): string[] | undefined { return this.#optional('x509_key_usage')?.split(' '); }
    serialNumber(): string { return this.#text(Field.SerialNumber); }
    signatureAlgorithm(): string | undefined { return this.#text(Field.Algorithm) || undefined; }
    signatureAlgorithmOid(): string { return this.#text(Field.AlgorithmOid); }
    raw(): unknown { return encodeResult(env, new Uint8Array(this.#fields[Field.Der])); }
    pem(): string { return this.#text(Field.Pem); }
    /** The issuer of a certificate that a connection showed; one that was read has none. */
    getIssuerCert(): undefined { return undefined; }

    #key(): AsymmetricKey {
      return new AsymmetricKey(env, module().number('x509_key', this.#native.address), false);
    }

    publicKey(): KeyObjectHandle {
      return KeyObjectHandle.of(kKeyTypePublic, this.#key());
    }

    checkCA(): boolean {
      return module().test('x509_is_authority', this.#native.address);
    }

    checkHost(name: string, flags: number): string | undefined {
      return this.#optional('x509_check_host', flags, encoder.encode(name));
    }

    checkEmail(email: string, flags: number): string | undefined {
      return module().test('x509_check_email', this.#native.address, flags, encoder.encode(email)) ? email : undefined;
    }

    checkIP(ip: string, _flags: number): string | undefined {
      return module().test('x509_check_ip', this.#native.address, encoder.encode(ip)) ? ip : undefined;
    }

    checkIssued(other: X509Certificate): boolean {
      return module().test('x509_is_issued_by', this.#native.address, other.#native.address);
    }

    checkPrivateKey(key: KeyObjectHandle): boolean {
      return module().test('x509_has_key', this.#native.address, key.asymmetric.address);
    }

    verify(key: KeyObjectHandle): boolean {
      return module().test('x509_is_signed_by', this.#native.address, key.asymmetric.address);
    }

    /** Attributes by name; one that comes more than once is a list. */
    #name(ofIssuer: boolean): Record<string, string | string[]> {
      const parts = module().parts('x509_name', this.#native.address, ofIssuer).map(textOf);
      const result = Object.create(null) as Record<string, string | string[]>;
      for (let i = 0; i < parts.length; i += 2) {
        const [key, value] = [parts[i], parts[i + 1]], before = result[key];
        if (before === undefined) result[key] = value;
        else if (Array.isArray(before)) before.push(value);
        else result[key] = [before, value];
      }
      return result;
    }

    /** What `getPeerCertificate` shows, which the library completes. */
    toLegacy(): Record<string, unknown> {
      const { modulus, exponent, pubkey, bits, asn1Curve, nistCurve } = this.#legacyKey();
      return {
        subject: this.#name(false),
        issuer: this.#name(true),
        subjectaltname: methods.subjectAltName.call(this),
        infoAccess: methods.infoAccess.call(this),
        ca: methods.checkCA.call(this),
        modulus,
        exponent,
        pubkey,
        bits,
        valid_from: methods.validFrom.call(this),
        valid_to: methods.validTo.call(this),
        fingerprint: methods.fingerprint.call(this),
        fingerprint256: methods.fingerprint256.call(this),
        fingerprint512: methods.fingerprint512.call(this),
        ext_key_usage: methods.keyUsage.call(this),
        serialNumber: methods.serialNumber.call(this),
        raw: methods.raw.call(this),
        asn1Curve,
        nistCurve,
      };
    }

    #legacyKey(): LegacyKey {
      let key;
      try {
        key = this.#key();
      } catch {
        // A certificate may hold a key that nobody can read; it shows all the rest.
        return {};
      }
      const type = key.getAsymmetricKeyType();
      if (type === 'rsa') {
        const { modulusLength } = key.keyDetail({});
        const [modulus, exponent] = key.numbers().map((bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
        const pubkey = key.export(kKeyFormatDER, kKeyEncodingSPKI);
        return { modulus: modulus.toUpperCase(), bits: modulusLength as number, exponent: `0x${exponent.replace(/^0+/, '')}`, pubkey };
      }
      if (type === 'ec') {
        const namedCurve = key.keyDetail({}).namedCurve as string;
        const bits = CURVE_BITS[namedCurve] ?? key.numbers()[0].length * 8;
        return { bits, pubkey: key.exportECPublicRaw(POINT_CONVERSION_UNCOMPRESSED), asn1Curve: namedCurve, nistCurve: NIST_CURVES[namedCurve] };
      }
      return {};
    }
  }

  // The class of Node 26 has getters of the same names before these.
  const methods = X509Certificate.prototype;
  /** What the library makes of it. */
  let Certificate: new (source: Uint8Array) => object = X509Certificate;

  registerNativeType(env, {
    name: 'crypto:X509Certificate',
    transferable: false,
    is: (object) => X509Certificate.is(object),
    write: (certificate) => X509Certificate.derOf(certificate as X509Certificate),
    read(der) {
      env.requireBuiltin('internal/crypto/x509');
      return new Certificate(der as Uint8Array);
    },
  });

  /** The result of an export over a SPKAC, or `otherwise` if it is none. */
  function fromSpkac<T, E>(read: (bytes: Uint8Array) => T, otherwise: E): (spkac: ByteSource) => T | E {
    return (spkac) => {
      const bytes = bytesOfSource(spkac);
      if (bytes.length > LONGEST_SPKAC) throw nodeError(new RangeError('spkac is too big'), 'ERR_OUT_OF_RANGE');
      try {
        return read(bytes);
      } catch {
        return otherwise;
      }
    };
  }

  return {
    parseX509: (bytes: ByteSource) => new X509Certificate(bytes),
    createX509CertificateClass(callback: (base: typeof X509Certificate) => [object, typeof Certificate]) {
      const classes = callback(X509Certificate);
      Certificate = classes[1];
      return classes;
    },
    isX509Certificate: (value: object) => X509Certificate.is(value),
    certVerifySpkac: fromSpkac((bytes) => module().test('spkac_verify', bytes), false),
    certExportPublicKey: fromSpkac((bytes) => encodeResult(env, module().bytes('spkac_key', bytes)), ''),
    certExportChallenge: fromSpkac((bytes) => encodeResult(env, module().bytes('spkac_challenge', bytes)), ''),
  };
}
