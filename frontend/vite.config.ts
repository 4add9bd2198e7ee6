import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev` finds the Django server. */
const BACKEND = process.env["CHATAPP_BACKEND"] ?? "http://127.0.0.1:8000";

/** The sign-in pages are Django's and link the same colours, at an address that does not change with every build. */
const tokensAtStableAddress: Plugin = {
  name: "tokens-at-stable-address",
  apply: "build",
  generateBundle() {
    this.emitFile({
      type: "asset",
      fileName: "tokens.css",
      source: readFileSync(here("./src/styles/tokens.css"), "utf8"),
    });
  },
};

/** Django takes writes and sockets from its own origin only; the dev server speaks for the page. */
const toBackend = { target: BACKEND, headers: { origin: BACKEND } };

export default defineConfig(({ command }) => ({
  base: command === "build" ? "/static/app/" : "/",
  plugins: [react(), tokensAtStableAddress],
  resolve: {
    alias: [
      { find: "@", replacement: here("./src") },
      // The original puts a style element into the page at run time, which our content security policy forbids.
      { find: "react-remove-scroll", replacement: here("./src/lib/ui/remove-scroll.tsx") },
    ],
  },
  build: {
    manifest: true,
    target: "es2023",
    // A data: URL would need its own exception in the content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: { input: here("./src/main.tsx") },
  },
  server: {
    proxy: {
      "/api": toBackend,
      "/accounts": toBackend,
      "/admin": toBackend,
      "/static": toBackend,
      "/ws": { ...toBackend, ws: true },
    },
  },
  test: {
    // Most tests are of pure code; the few that draw ask for jsdom themselves.
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
}));
