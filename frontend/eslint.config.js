import { readdirSync } from "node:fs";
import { join } from "node:path";

import js from "@eslint/js";
import importX from "eslint-plugin-import-x";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const here = (path) => join(import.meta.dirname, path);

const EXTENSIONS = [".ts", ".tsx"];

/** The layers of src/, lowest first. Imports point down: app → features → parts → chat → lib. */
const LAYERS = ["lib", "chat", "parts", "features", "app"];

/** A layer sees itself and what is below it, and nothing else that src/ may come to hold. */
const layerZones = LAYERS.map((layer, height) => ({
  target: `./src/${layer}`,
  from: "./src",
  except: LAYERS.slice(0, height + 1).map((name) => `./${name}`),
  message: `Imports point down: ${[...LAYERS].reverse().join(" → ")}.`,
}));

/** A feature reaches another only through what `app` hands it. */
const featureZones = readdirSync(here("src/features")).map((feature) => ({
  target: `./src/features/${feature}`,
  from: "./src/features",
  except: [`./${feature}`],
  message: "No feature imports another: what two of them need belongs to parts or chat.",
}));

export default tseslint.config(
  { ignores: ["dist", "**/node_modules"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  a11y.flatConfigs.recommended,
  hooks.configs.flat.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // Numbers read well in a template literal.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `onClick={() => send()}` is idiomatic.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      // Reading state.x["y"] is demanded by noPropertyAccessFromIndexSignature.
      "@typescript-eslint/dot-notation": "off",
      // A field taken out of a rest is taken out on purpose.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "import-x": importX },
    settings: {
      "import-x/extensions": EXTENSIONS,
      "import-x/parsers": { "@typescript-eslint/parser": EXTENSIONS },
      "import-x/resolver-next": [
        importX.createNodeResolver({ extensions: EXTENSIONS, tsconfig: { configFile: here("tsconfig.json") } }),
      ],
    },
    rules: {
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones: [...layerZones, ...featureZones] }],
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      // What cannot be resolved would pass the two above unseen.
      "import-x/no-unresolved": "error",
    },
  },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
  { files: ["public/*.js"], languageOptions: { globals: { document: "readonly", localStorage: "readonly" } } },
  {
    files: ["src/**/*.test.{ts,tsx}"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    // Generated: it says an object of any keys in its generator's own way.
    files: ["src/lib/wire/rest.ts"],
    rules: { "@typescript-eslint/consistent-indexed-object-style": "off" },
  },
);
