// Prints, as JSON, what an installation made of the working directory: what the two lockfiles list, and what is in `node_modules`.
// Runs on the host (`record.mjs`) and inside Wosix (`js-facade/tests/browser/npm-projects.test.mjs`).
const fs = require('fs');
const path = require('path');

/** Path → version of every package in a lockfile. */
function packages(file) {
  const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
  return Object.fromEntries(Object.entries(lock.packages).filter(([at]) => at).map(([at, { version }]) => [at, version]));
}

const links = {};
const executables = [];
const total = { directories: 0, files: 0, bytes: 0 };

function walk(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isSymbolicLink()) {
      links[at] = fs.readlinkSync(at);
    } else if (entry.isDirectory()) {
      total.directories++;
      walk(at);
    } else if (at !== path.join('node_modules', '.package-lock.json')) {
      const { mode, size } = fs.lstatSync(at);
      total.files++;
      total.bytes += size;
      if (mode & 0o111) executables.push(`${(mode & 0o777).toString(8)} ${at}`);
    }
  }
}

const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

/** `node_modules` of the project and of the workspaces in it. */
function walkProject(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const at = path.join(folder, entry.name);
    if (entry.name === 'node_modules') walk(at);
    else walkProject(at);
  }
}

walkProject('.');
console.log(JSON.stringify({
  lockfile: packages('package-lock.json'),
  installed: packages('node_modules/.package-lock.json'),
  links: sorted(links),
  executables: executables.sort(),
  total,
}, null, 1));
