/** The compiled WebAssembly modules: each is fetched and compiled once, then posted to the workers that need it. */

/** Compiles `<assets><name>.wasm`; throws an error that names the URL when it is not there. */
export async function compileModule(assets: string, name: string): Promise<WebAssembly.Module> {
  const url = `${assets}${name}.wasm`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`cannot load ${url}: ${response.status} ${response.statusText}`);
  // A server that does not know the type of .wasm files must not stop us.
  if (response.headers.get('content-type')?.startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
