import react from "@vitejs/plugin-react";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => {
  // `npm run dev` shows the UI of a Wireglass that runs: WIREGLASS_UI says where, as for the program itself.
  const { WIREGLASS_UI: address = "127.0.0.1:8081" } = loadEnv(mode, ".", "WIREGLASS_");
  const program = `http://${address}`;
  return {
    plugins: [react()],
    build: {
      outDir: "../src/wireglass/api/web",
      emptyOutDir: true,
      assetsInlineLimit: 0,
      // The page's policy allows no inline script.
      modulePreload: { polyfill: false },
      target: ["chrome123", "firefox128", "safari17.5"],
      rolldownOptions: {
        output: {
          // What every page needs, and what changes with the libraries alone: it stays in the browser's cache.
          codeSplitting: {
            groups: [
              {
                name: "react",
                test: /node_modules[\\/](react|react-dom|scheduler|use-sync-external-store|wouter|regexparam|@tanstack[\\/](react-query|query-core))[\\/]/,
              },
              {
                name: "aria",
                test: /node_modules[\\/](react-aria|react-aria-components|react-stately|@react-types|@internationalized|@swc)[\\/]/,
              },
            ],
          },
        },
      },
    },
    server: {
      host: "127.0.0.1",
      // The program answers to its own name and origin alone.
      proxy: {
        "/api": { target: program, changeOrigin: true, ws: true, headers: { origin: program } },
        "/preview": { target: program, changeOrigin: true },
      },
    },
    test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
  };
});
