/** The one shared memory of a container. */

const PAGE = 64 * 1024;
/** Enough for the kernel's data and first workers; it grows from here. */
const INITIAL_PAGES = (8 * 1024 * 1024) / PAGE;
/** Maxima to try, in GiB: a browser reserves address space for the maximum and some refuse large ones. */
const MAXIMA = [4, 2, 1, 0.5];

/** Creates the memory with the largest maximum the browser grants. Throws the browser's last refusal. */
export function createSharedMemory(): WebAssembly.Memory {
  let refusal: unknown;
  for (const gigabytes of MAXIMA) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: (gigabytes * 2 ** 30) / PAGE, shared: true });
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}
