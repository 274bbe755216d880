import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: {
    // `wosix serve` hands this folder out as its start page.
    outDir: '../../js-facade/dist/ide',
    emptyOutDir: true,
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      // The runtime finds its workers and wasm beside itself, so it is loaded from where it is served.
      external: ['wosix'],
      output: { paths: { wosix: '/wosix/index.js' } },
    },
  },
});
