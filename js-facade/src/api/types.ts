/** The public types: the same shapes as the WebContainer API has. */

export type Unsubscribe = () => void;

export interface FileSystemTree { [name: string]: DirectoryNode | FileNode | SymlinkNode }
export interface DirectoryNode { directory: FileSystemTree }
/** Text is stored as UTF-8. */
export interface FileNode { file: { contents: string | Uint8Array } }
export interface SymlinkNode { file: { symlink: string } }

export interface LoadFilesOptions {
  /** Directory to mount in, relative to the working directory. It must exist. */
  mountPoint?: string;
}

export interface BootOptions {
  /** The `Cross-Origin-Embedder-Policy` previews are served with; fixed by the first boot of a page. Default `require-corp`. */
  coep?: 'require-corp' | 'credentialless' | 'none';
  /** Name of the working directory's folder under `/home`; generated when absent. */
  workdirName?: string;
  /**
   * Version of Node for all processes: `26`, `'26'`, `'lts/*'`; `boot` throws if there is none. Default: what `.nvmrc`, `.node-version` or
   * `package.json` (`engines.node`) of a program's project ask for, else Node 24.
   */
  node?: number | string;
  /** Forward errors of previews as `preview-message` events. */
  forwardPreviewErrors?: boolean | 'exceptions-only';
}

export interface SpawnOptions {
  /** Working directory, relative to the container's. */
  cwd?: string;
  env?: Record<string, string | number | boolean>;
  /** `false`: the output stream never yields. */
  output?: boolean;
  /** Size of the terminal the process is attached to. Default 80 × 24. */
  terminal?: { cols: number; rows: number };
  /** Give the process pipes instead of a terminal and offer its standard output as `process.stdout`. */
  stdout?: boolean;
  /** Give the process pipes instead of a terminal and offer its standard error as `process.stderr`. */
  stderr?: boolean;
}

export interface ExportOptions {
  format?: 'json' | 'binary' | 'zip';
  /** Glob patterns of the files to take. */
  includes?: string[];
  /** Glob patterns of what to leave out. */
  excludes?: string[];
}

export interface PreviewScriptOptions { type?: 'module' | 'importmap'; defer?: boolean; async?: boolean }

export type BufferEncoding = 'ascii' | 'utf8' | 'utf-8' | 'utf16le' | 'ucs2' | 'ucs-2' | 'base64' | 'base64url' | 'latin1' | 'binary' | 'hex';

export interface DirEnt<T> {
  name: T;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface IFSWatcher { close(): void }
export type FSWatchOptions = { encoding?: BufferEncoding | null; persistent?: boolean; recursive?: boolean } | string | null;
export type FSWatchCallback = (event: 'rename' | 'change', filename: string | Uint8Array) => void;

/** File operations inside the working directory: `/x` and `x` are both `<workdir>/x`. Errors are those of Node's `fs`. */
export interface FileSystemAPI {
  readdir(path: string, options: 'buffer' | { encoding: 'buffer'; withFileTypes?: false }): Promise<Uint8Array[]>;
  readdir(path: string, options?: { encoding?: BufferEncoding | null; withFileTypes?: false } | BufferEncoding | null): Promise<string[]>;
  readdir(path: string, options: { encoding: 'buffer'; withFileTypes: true }): Promise<DirEnt<Uint8Array>[]>;
  readdir(path: string, options: { encoding?: BufferEncoding | null; withFileTypes: true }): Promise<DirEnt<string>[]>;
  readFile(path: string, encoding?: null): Promise<Uint8Array>;
  readFile(path: string, encoding: BufferEncoding): Promise<string>;
  writeFile(path: string, data: string | Uint8Array, options?: string | { encoding?: string | null } | null): Promise<void>;
  mkdir(path: string, options?: { recursive?: false }): Promise<void>;
  mkdir(path: string, options: { recursive: true }): Promise<string>;
  rm(path: string, options?: { force?: boolean; recursive?: boolean }): Promise<void>;
  rename(oldPath: string, newPath: string): Promise<void>;
  watch(filename: string, options?: FSWatchOptions, listener?: FSWatchCallback): IFSWatcher;
  watch(filename: string, listener?: FSWatchCallback): IFSWatcher;
}

export interface WebContainerProcess {
  /** Exit code; 128 + signal for a process that a signal ended. */
  exit: Promise<number>;
  input: WritableStream<string>;
  output: ReadableStream<string>;
  /** Only with `SpawnOptions.stdout`. */
  stdout?: ReadableStream<string>;
  /** Only with `SpawnOptions.stderr`. */
  stderr?: ReadableStream<string>;
  kill(): void;
  resize(dimensions: { cols: number; rows: number }): void;
}

export type PortListener = (port: number, type: 'open' | 'close', url: string) => void;
export type ServerReadyListener = (port: number, url: string) => void;
export type ErrorListener = (error: { message: string }) => void;
export type OpenListener = (text: string) => void;
export type CodeEventType = 'open' | 'diff';
export interface CodeEventFile { filepath: string; line?: number; column?: number }
export interface CodeEvent { files: CodeEventFile[] }
export type CodeListener = (type: CodeEventType, event: CodeEvent) => void;
