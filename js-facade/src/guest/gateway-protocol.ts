/** What a program and the host's gateway say to each other besides HTTP/1.1. */

/**
 * First bytes of a connection that the program made for TLS: what follows is the plain text, and the gateway goes on by https. The browser does the
 * TLS, so there is none between the program and the gateway. No HTTP request begins so, and no TLS record (type 22, but not this version).
 */
export const SECURE_PREFACE: Uint8Array = new TextEncoder().encode('\x16wosix\n');
