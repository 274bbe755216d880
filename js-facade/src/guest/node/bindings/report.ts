/** `internalBinding('report')`: diagnostic reports, with the settings that `process.report` keeps. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(env: Environment): Record<string, unknown> {
  const settings: Record<string, unknown> = {
    Compact: false, ExcludeNetwork: false, ExcludeEnv: false, Directory: '', Filename: '', Signal: 'SIGUSR2',
  };
  const flags: Record<string, boolean> = { ReportOnFatalError: false, ReportOnSignal: false, ReportOnUncaughtException: false };
  const binding: Record<string, unknown> = {
    writeReport() {
      throw unavailable('process.report.writeReport()');
    },
    getReport() {
      const { version, arch, platform, pid, cwd, versions } = env.process;
      return JSON.stringify({
        header: {
          reportVersion: 5, event: 'JavaScript API', trigger: 'GetReport', filename: null, dumpEventTime: new Date().toISOString(),
          processId: pid, threadId: 0, cwd: cwd(), commandLine: env.process.argv, nodejsVersion: version, wordSize: 64, arch, platform,
          componentVersions: versions, osName: 'Linux', osMachine: 'x86_64', host: 'localhost',
        },
        sharedObjects: [], environmentVariables: { ...env.process.env }, userLimits: {}, libuv: [], workers: [], javascriptStack: {}, nativeStack: [],
      });
    },
  };
  for (const name of Object.keys(settings)) {
    binding[`get${name}`] = () => settings[name];
    binding[`set${name}`] = (value: unknown) => {
      settings[name] = value;
    };
  }
  for (const name of Object.keys(flags)) {
    binding[`should${name}`] = () => flags[name];
    binding[`set${name}`] = (value: boolean) => {
      flags[name] = value;
    };
  }
  return binding;
}
