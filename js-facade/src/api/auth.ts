/**
 * The `auth` object of the WebContainer API, complete in shape. Wosix is self-hosted and has nobody to log in to: private registries are
 * reached through the user's own npm configuration.
 */

import type { Unsubscribe } from './types';

export interface AuthInitOptions { editorOrigin?: string; clientId: string; scope: string }
export interface AuthFailedError { status: 'auth-failed'; error: string; description: string }
export interface AuthAPI {
  init(options: AuthInitOptions): { status: 'need-auth' | 'authorized' } | AuthFailedError;
  startAuthFlow(options?: { popup?: boolean }): void;
  loggedIn(): Promise<void>;
  logout(options?: { ignoreRevokeError?: boolean }): Promise<void>;
  on(event: 'logged-out', listener: () => void): Unsubscribe;
  on(event: 'auth-failed', listener: (reason: { error: string; description: string }) => void): Unsubscribe;
}

let initialized = false;

export const auth: AuthAPI = {
  /** Everyone is authorized. */
  init() {
    if (initialized) throw new Error('Init should only be called once');
    initialized = true;
    return { status: 'authorized' };
  },
  startAuthFlow() {
    if (!initialized) throw new Error('auth must be initialized');
  },
  loggedIn: () => Promise.resolve(),
  logout: () => Promise.resolve(),
  on: () => () => {},
};
