/** `stat` and its relatives. Synchronous calls answer shared arrays, as the library copies them out at once. */

import { S_IFDIR, S_IFMT, STAT_FIELDS } from '../../linux';
import type { Path } from '../../syscalls';
import { UV } from '../uv-errors';
import { validDescriptor } from './arguments';
import type { FileRequest, FileRequests } from './request';

const STATFS_FIELDS = 8;

type Numbers = Float64Array | BigInt64Array;

export function statFunctions(fs: FileRequests) {
  // Twice the size: the second half holds the previous values for `fs.watchFile`.
  const statValues = new Float64Array(2 * STAT_FIELDS);
  const bigintStatValues = new BigInt64Array(2 * STAT_FIELDS);
  const statFsValues = new Float64Array(STATFS_FIELDS);
  const bigintStatFsValues = new BigInt64Array(STATFS_FIELDS);

  /** Fills and answers the array for `bigint` and `req`. */
  function deliver(req: FileRequest, result: number, bigint: boolean, syscall: string, path?: Path): unknown {
    if (result < 0) return fs.finish(req, result, undefined, syscall, path);
    if (req === undefined) return bigint ? toBigInt(statValues, bigintStatValues) : statValues;
    const own = statValues.slice(0, STAT_FIELDS);
    return fs.resolve(req, bigint ? toBigInt(own, new BigInt64Array(STAT_FIELDS)) : own);
  }

  function byPath(syscall: string, followLink: boolean) {
    return (path: Path, bigint: boolean, req?: FileRequest, throwIfNoEntry?: boolean): unknown => {
      const result = fs.sys.stat(path, statValues, followLink);
      if (throwIfNoEntry === false && (result === UV.ENOENT || result === UV.ENOTDIR)) {
        return req === undefined ? undefined : fs.resolve(req, undefined);
      }
      return deliver(req, result, bigint, syscall, path);
    };
  }

  return {
    kFsStatsFieldsNumber: STAT_FIELDS,
    statValues,
    bigintStatValues,
    statFsValues,
    bigintStatFsValues,

    stat: byPath('stat', true),
    lstat: byPath('lstat', false),

    fstat(fd: unknown, bigint: boolean, req?: FileRequest): unknown {
      return deliver(req, fs.sys.fstat(validDescriptor(fs.env, fd), statValues), bigint, 'fstat');
    },

    statfs(path: Path, bigint: boolean, req?: FileRequest): unknown {
      // The kernel answers type, bsize, blocks, ...; Node puts frsize between, which is bsize here.
      const answer = new Float64Array(STATFS_FIELDS - 1);
      const result = fs.sys.statfs(path, answer);
      if (result < 0) return fs.finish(req, result, undefined, 'statfs', path);
      const values = req === undefined ? statFsValues : new Float64Array(STATFS_FIELDS);
      values.set([answer[0], answer[1], answer[1], ...answer.subarray(2)]);
      const shown: Numbers = bigint ? toBigInt(values, req === undefined ? bigintStatFsValues : new BigInt64Array(STATFS_FIELDS)) : values;
      return req === undefined ? shown : fs.resolve(req, shown);
    },

    /** 0 a file, 1 a directory, negative an error: all the module loader wants to know. */
    internalModuleStat(path: Path): number {
      const result = fs.sys.stat(path, statValues, true);
      if (result < 0) return result;
      return (statValues[1] & S_IFMT) === S_IFDIR ? 1 : 0;
    },
  };
}

export function toBigInt(from: Float64Array, to: BigInt64Array): BigInt64Array {
  const count = Math.min(from.length, to.length);
  for (let i = 0; i < count; i++) to[i] = BigInt(Math.trunc(from[i]));
  return to;
}
