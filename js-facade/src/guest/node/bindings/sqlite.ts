/** `internalBinding('sqlite')`: no SQLite is built in. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(env: Environment): Record<string, unknown> {
  class Refused {
    constructor() {
      throw unavailable('node:sqlite');
    }
  }
  return {
    ...env.data.bindings.sqlite,
    DatabaseSync: class DatabaseSync extends Refused {},
    StatementSync: class StatementSync extends Refused {},
    Session: class Session extends Refused {},
    backup() {
      throw unavailable('node:sqlite');
    },
  };
}
