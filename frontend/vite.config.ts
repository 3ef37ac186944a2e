import { defineConfig } from "vite";

const entry = (name: string): string => new URL(`./src/${name}.ts`, import.meta.url).pathname;

export default defineConfig({
  base: "./",
  publicDir: "public",
  build: {
    outDir: "../src/throughline/web/static/built",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    cssTarget: "chrome123",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    rollupOptions: {
      input: {
        theme: entry("theme"),
        app: entry("app"),
        board: entry("board"),
        charts: entry("charts"),
        strategy_map: entry("strategy_map"),
      },
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
    chunkSizeWarningLimit: 700,
  },
});
