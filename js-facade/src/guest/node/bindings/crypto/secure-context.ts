/**
 * `SecureContext`: the settings of TLS connections. The browser does the TLS, by its own settings: protocol versions, ciphers, curves and trusted
 * roots are taken and have no effect. What would prove an identity of the program's own is refused.
 */

import type { Environment } from '../../environment';
import { unavailable } from './support';

/** Numbers of the protocol versions (OpenSSL's `TLS1_2_VERSION` and `TLS1_3_VERSION`): what browsers speak. */
const TLS1_2 = 0x303, TLS1_3 = 0x304;

export function secureContextClass(env: Environment) {
  const refused = (): never => {
    throw unavailable(env, 'TLS certificates and keys of a program');
  };

  return class SecureContext {
    #minimum = TLS1_2;
    #maximum = TLS1_3;

    init(_method: string | undefined, minimum: number, maximum: number): void {
      this.#minimum = minimum || TLS1_2;
      this.#maximum = maximum || TLS1_3;
    }

    getMinProto(): number {
      return this.#minimum;
    }

    getMaxProto(): number {
      return this.#maximum;
    }

    setMinProto(version: number): void {
      this.#minimum = version;
    }

    setMaxProto(version: number): void {
      this.#maximum = version;
    }

    close(): void {}
    setOptions(_options: number): void {}
    setCiphers(_list: string): void {}
    setCipherSuites(_list: string): void {}
    setSigalgs(_list: string): void {}
    setECDHCurve(_name: string): void {}
    setDHParam(_parameters: unknown): void {}
    setCertificateCompression(_algorithms: number): void {}
    setSessionIdContext(_id: string): void {}
    setSessionTimeout(_seconds: number): void {}
    setAllowPartialTrustChain(): void {}
    addRootCerts(): void {}
    addCACert(_certificate: unknown): void {}
    addCRL(_list: unknown): void {}

    setCert(): never {
      return refused();
    }

    setKey(): never {
      return refused();
    }

    loadPKCS12(): never {
      return refused();
    }

    setTicketKeys(): never {
      return refused();
    }

    getTicketKeys(): never {
      return refused();
    }
  };
}
