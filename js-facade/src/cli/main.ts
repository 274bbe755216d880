/** The `wosix` command line. */

import { exec } from './exec';
import { UsageError, parseArguments } from './options';
import { serve } from './serve';

const USAGE = `usage: wosix exec [options] -- COMMAND [ARGUMENT...]
       wosix serve [DIR] [--port N] [--node VERSION] [--registry URL] [--embedder ORIGIN]...

exec: boots Wosix in a headless browser and runs COMMAND there, with standard input, output, error and exit code passed through
  --browser chromium|firefox   which browser (default: chromium if there is one, else firefox; CHROME_PATH and FIREFOX_PATH name one)
  --mount HOSTDIR[:PATH]       show a folder in the container, at the working directory or an absolute path; read when needed
  --export PATH:HOSTDIR        copy PATH (absolute, or in the working directory) out when the command has ended
  --persist NAME               keep /home between runs under this name
  --registry URL               npm registry (default: the one of your npm configuration)
  --node VERSION               Node for all processes, as 26 (default: what .nvmrc, .node-version or engines of the project ask for, else 24)
  --timeout S                  give up after S seconds, with exit code 124
  --json-stats FILE            write {bootMs, spawnMs, exitMs, peakMemoryBytes}
  --verbose                    show the browser's console on standard error

serve: serves the web IDE (over DIR, if given) and /headless at http://wosix.localhost:N
  --port N                     which port (default: 5111, or the next free one)
  --registry URL               npm registry (default: the one of your npm configuration)
  --node VERSION               as for exec
  --embedder ORIGIN            pages of this origin may embed /headless; those of this machine always may
`;

/** Runs the command line; answers the exit code. */
export async function main(args: string[]): Promise<number> {
  try {
    const parsed = parseArguments(args);
    switch (parsed.command) {
      case 'help':
        process.stdout.write(USAGE);
        return 0;
      case 'version':
        process.stdout.write(`${WOSIX_VERSION}\n`);
        return 0;
      case 'exec': return await exec(parsed);
      case 'serve': return await serve(parsed);
    }
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`wosix: ${error.message}\n\n${USAGE}`);
      return 2;
    }
    process.stderr.write(`wosix: ${error instanceof Error ? error.message : error}\n`);
    // As `env` and `nohup` answer when they fail themselves.
    return 125;
  }
}
