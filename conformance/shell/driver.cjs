// Runs a list of jobs, each a process with a time limit, and answers their exit codes and output. Natively it is called by run.mjs; in a
// container it is the program that run.mjs starts over the folder that holds jobs.json, and writes one line of JSON a job.

const { spawn } = require('node:child_process');
const { closeSync, openSync, readFileSync } = require('node:fs');
const path = require('node:path');

/**
 * @typedef {{name: string, argv: string[], cwd: string, env: Record<string, string>, output: string, timeoutMs: number, merged: boolean}} Job
 *   `cwd` and `output` (the file for what it writes) are seen from `folder`; `merged`: standard error goes there too
 */

/**
 * Runs one job.
 * @param {string} folder
 * @param {Job} job
 * @returns {Promise<{name: string, code: number | string, output: string}>}   `code` is a signal's name, `timeout` or an error code where there is no exit code
 */
function run(folder, job) {
  const file = path.join(folder, job.output);
  const out = openSync(file, 'a+');
  return new Promise((resolve) => {
    let ended = false;
    const end = (code) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      closeSync(out);
      resolve({ name: job.name, code, output: readFileSync(file, 'latin1') });
    };
    const child = spawn(job.argv[0], job.argv.slice(1), {
      cwd: path.join(folder, job.cwd), env: job.env, stdio: ['ignore', out, job.merged ? out : 'ignore'], detached: true,
    });
    const timer = setTimeout(() => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        // It may have ended between the two.
        if (error.code !== 'ESRCH') throw error;
      }
      end('timeout');
    }, job.timeoutMs);
    child.on('error', (error) => end(error.code));
    child.on('exit', (code, signal) => end(code ?? signal));
  });
}

/**
 * Runs all of them, `width` side by side.
 * @param {string} folder
 * @param {Job[]} jobs
 * @param {number} width
 * @param {(result: {name: string, code: number | string, output: string}) => void} done   hears of each
 */
async function runAll(folder, jobs, width, done) {
  // Those of one folder one after another: they make files there.
  const groups = new Map();
  for (const job of jobs) groups.set(job.cwd, [...groups.get(job.cwd) ?? [], job]);
  const waiting = [...groups.values()];
  const worker = async () => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      for (const job of group) done(await run(folder, job));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

module.exports = { runAll };

if (require.main === module) {
  const folder = process.cwd();
  const { jobs, width } = JSON.parse(readFileSync('jobs.json', 'utf8'));
  for (const job of jobs) job.env.HOME = process.env.HOME;
  runAll(folder, jobs, width, (result) => console.log(JSON.stringify(result)));
}
