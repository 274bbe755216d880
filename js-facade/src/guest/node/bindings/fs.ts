/** `internalBinding('fs')`: put together from `../fs/`. */

import type { Environment } from '../environment';
import { descriptorFunctions } from '../fs/descriptors';
import { entryFunctions } from '../fs/entries';
import { moduleFileFunctions } from '../fs/module-files';
import { fileJobs } from '../fs/jobs';
import { guardFileSystem } from '../fs/permission-checks';
import { createFSReqCallback, FileRequests } from '../fs/request';
import { createStatWatcher } from '../fs/stat-watcher';
import { statFunctions } from '../fs/stat';
import { treeFunctions } from '../fs/trees';
import { wholeFileFunctions } from '../fs/whole-files';

export function create(env: Environment): Record<string, unknown> {
  const fs = new FileRequests(env);
  const wholeFiles = wholeFileFunctions(fs);
  const trees = treeFunctions(fs, wholeFiles.copy);
  const binding = {
    kUsePromises: fs.kUsePromises,
    FSReqCallback: createFSReqCallback(env),
    StatWatcher: createStatWatcher(fs),
    ...statFunctions(fs),
    ...entryFunctions(fs),
    ...descriptorFunctions(fs),
    ...wholeFiles.binding,
    ...trees.binding,
    ...fileJobs(fs, trees.copyDirectory),
    ...moduleFileFunctions(fs),
  };
  env.onPermissions(() => guardFileSystem(fs, binding));
  return binding;
}
