import type { Project } from '../project';

const packageJson = `{
  "name": "express-in-a-tab",
  "private": true,
  "scripts": {
    "start": "node server.js"
  },
  "dependencies": {
    "express": "^5.1.0"
  }
}
`;

const server = `const express = require('express');
const path = require('node:path');
const notes = require('./notes');

const app = express();
const port = process.env.PORT ?? 3000;

app.use(express.json());
app.use(express.static(path.join(__dirname, 'public')));

app.get('/api/notes', (request, response) => {
  response.json(notes.list());
});

app.post('/api/notes', (request, response) => {
  response.status(201).json(notes.add(request.body.text));
});

app.delete('/api/notes/:id', (request, response) => {
  response.sendStatus(notes.remove(Number(request.params.id)) ? 204 : 404);
});

// What this server runs on, for the page's footer.
app.get('/api/about', (request, response) => {
  response.json({
    express: require('express/package.json').version,
    node: process.version,
    platform: process.platform,
    pid: process.pid,
    uptime: Math.round(process.uptime()),
  });
});

app.listen(port, () => {
  console.log(\`Listening on http://localhost:\${port}\`);
});
`;

const notes = `// Notes live in a file, so that they are there after a restart.

const fs = require('node:fs');
const path = require('node:path');

const file = path.join(__dirname, 'notes.json');

function list() {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : [];
}

function save(all) {
  fs.writeFileSync(file, JSON.stringify(all, null, 2));
}

exports.list = list;

exports.add = (text) => {
  const all = list();
  const note = { id: Date.now(), text: String(text ?? '').slice(0, 200) };
  save([...all, note]);
  return note;
};

exports.remove = (id) => {
  const all = list();
  const rest = all.filter((note) => note.id !== id);
  save(rest);
  return rest.length < all.length;
};
`;

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Notes</title>
    <link rel="stylesheet" href="style.css">
  </head>
  <body>
    <main>
      <h1>Notes</h1>
      <p>Served by Express, on Node.js, in this tab.</p>
      <form><input name="text" placeholder="Write something…" autocomplete="off" required><button>Add</button></form>
      <ul></ul>
    </main>
    <footer></footer>
    <script src="app.js"></script>
  </body>
</html>
`;

const app = `const list = document.querySelector('ul');

async function show() {
  const notes = await (await fetch('/api/notes')).json();
  list.replaceChildren(...notes.map((note) => {
    const item = document.createElement('li');
    const remove = document.createElement('button');
    remove.textContent = '×';
    remove.onclick = async () => {
      await fetch('/api/notes/' + note.id, { method: 'DELETE' });
      show();
    };
    item.append(note.text, remove);
    return item;
  }));
}

document.forms[0].onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  await fetch('/api/notes', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: form.text.value }),
  });
  form.reset();
  show();
};

show();
fetch('/api/about').then((response) => response.json()).then((about) => {
  document.querySelector('footer').textContent =
    \`Express \${about.express} · Node.js \${about.node} · \${about.platform} · process \${about.pid}\`;
});
`;

const style = `body {
  margin: 0;
  min-height: 100vh;
  display: grid;
  grid-template-rows: 1fr auto;
  font: 16px/1.5 system-ui, sans-serif;
  color: #1f2937;
  background: linear-gradient(160deg, #ecfdf5, #eff6ff);
}
main { width: min(32rem, calc(100vw - 4rem)); margin: 3rem auto; }
h1 { margin: 0; font-size: 2.4rem; letter-spacing: -.02em; }
p { margin: .25rem 0 1.5rem; color: #4b5563; }
form { display: flex; gap: .5rem; }
input { flex: 1; padding: .6rem .8rem; border: 1px solid #d1d5db; border-radius: .6rem; font: inherit; }
button { padding: .6rem 1rem; border: 0; border-radius: .6rem; background: #10b981; color: white; font: inherit; cursor: pointer; }
ul { list-style: none; padding: 0; }
li { display: flex; align-items: center; justify-content: space-between; margin: .5rem 0; padding: .5rem .8rem; background: white; border-radius: .6rem; box-shadow: 0 1px 2px #0001; }
li button { padding: 0 .6rem; background: none; color: #9ca3af; font-size: 1.2rem; }
footer { padding: 1rem; text-align: center; font-size: .85rem; color: #6b7280; }
`;

export const express: Project = {
  name: 'express-in-a-tab',
  entry: 'server.js',
  command: 'npm install && npm start',
  restart: 'npm start',
  files: {
    'package.json': { file: { contents: packageJson } },
    'server.js': { file: { contents: server } },
    'notes.js': { file: { contents: notes } },
    'notes.json': { file: { contents: JSON.stringify([{ id: 1, text: 'Edit server.js and press Restart' }, { id: 2, text: 'Type npm ls in the terminal' }], null, 2) } },
    public: {
      directory: {
        'index.html': { file: { contents: page } },
        'app.js': { file: { contents: app } },
        'style.css': { file: { contents: style } },
      },
    },
  },
};
