import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const at = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Entries of processes and threads below out/main, by output name. */
const mainEntries = {
  index: at('./main/app/index.ts'),
  engine: at('./main/hosts/utility-process.ts'),
  'compute-worker': at('./main/jobs/compute-worker.ts'),
  'link-worker': at('./main/tws/link/link-worker.ts'),
}

/**
 * Builds the application into out/: the main process and the engine as ES modules that load their dependencies from node_modules,
 * the preload script as the one CommonJS file that a sandboxed page can load, and the console's page.
 */
export default defineConfig({
  main: {
    build: {
      sourcemap: true,
      rolldownOptions: {
        input: mainEntries,
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed preload script can require Electron and nothing else, so everything else is in the file.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: at('./preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: at('./renderer'),
    plugins: [
      react(),
      {
        // electron-vite sets relative addresses, which break on a page deeper than the root; both hosts serve from the root.
        name: 'switchyard:absolute-base',
        enforce: 'post',
        config: () => ({ base: '/' }),
      },
    ],
    build: {
      outDir: at('./out/renderer'),
      minify: true,
      rolldownOptions: { input: at('./renderer/index.html') },
    },
  },
})
