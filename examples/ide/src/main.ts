/** The IDE: wires the panes to one container. */

import './style.css';
import { Editor } from './editor';
import { FileTree } from './file-tree';
import { initLayout } from './layout';
import { Preview } from './preview';
import { Progress } from './progress';
import { loadProject, loadSettings } from './project';
import { Terminal } from './terminal';
import { initTheme } from './theme';
import { WebContainer, configure } from 'wosix';

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

const SERVER_HINT = 'Start a server in the terminal: what listens on a port shows here.';

async function main(): Promise<void> {
  const theme = initTheme(element('theme'));
  initLayout(document.documentElement);
  const progress = new Progress(element('progress'), element('status'), element('steps'), element('hint'), element('waiting'));
  const terminal = new Terminal(element('terminal'), theme);
  const preview = new Preview({
    frame: element<HTMLIFrameElement>('frame'), form: element<HTMLFormElement>('address'), port: element<HTMLSelectElement>('port'),
    path: element<HTMLInputElement>('path'), reload: element('reload'), open: element<HTMLAnchorElement>('open'),
  });

  const [project, settings] = await Promise.all([loadProject(), loadSettings()]);
  element('project-name').textContent = project.name;

  try {
    progress.begin('boot');
    // The server passes the registry on at its own origin.
    configure({ registry: '/-/registry/' });
    const container = await WebContainer.boot({ workdirName: 'project', ...settings });
    progress.begin('mount');
    if (project.files) await container.mount(project.files);
    else await container.wosix.mountLazy(container.workdir, project.entries!, project.base!);

    const editor = new Editor(element('editor'), element('tabs'), theme, container.fs);
    const tree = new FileTree(element('tree'), container.fs, (path) => editor.open(path));
    await tree.refresh();
    if (project.entry !== '') tree.select(project.entry);
    container.fs.watch('.', { recursive: true }, () => tree.scheduleRefresh());
    container.wosix.on('progress', (event) => {
      if (event.phase === 'done' && progress.step === 'install') progress.begin('start');
      else progress.installing(event);
    });
    element('new-file').addEventListener('click', () => tree.createFile());

    container.on('error', ({ message }) => progress.fail(message));
    container.on('port', (port, type, url) => {
      if (type === 'close') preview.removePort(port);
      else preview.addPort(port, url);
    });
    container.on('server-ready', (port, url) => {
      preview.show(port, url);
      progress.done(`Running on port ${port}`);
    });

    terminal.onCommandEnd = (code) => {
      if (progress.step === undefined) return;
      if (code === 0) progress.idle(SERVER_HINT);
      else progress.fail(`'${project.command}' ended with code ${code}: see the terminal`);
    };
    await terminal.start(container);
    if (project.command === '') {
      progress.idle(SERVER_HINT);
    } else {
      progress.begin(project.command.startsWith('npm install') ? 'install' : 'start');
      terminal.type(project.command);
    }
    terminal.focus();
    const restart = element<HTMLButtonElement>('run');
    restart.disabled = project.restart === '';
    restart.addEventListener('click', () => {
      terminal.interrupt();
      terminal.type(project.restart);
    });
    editor.onSaved = () => tree.scheduleRefresh();
  } catch (error) {
    progress.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

void main();
