// Every folder with an index.html is an entry; each is built to dist/<folder>/index.html, all share dist/assets.
// The gateway answers with `default-src 'self'`: nothing here may need inline scripts, inline styles or data: links.
// GraphiQL stays at 4: 5 is built on Monaco, which writes inline style attributes and is four times as large.
import { createHash } from "node:crypto";
import { defineConfig } from "vite";

/** Moves fonts and images that packages inline into their style sheets out to files of their own. */
function filesForDataUrls() {
  const types = { "font/woff2": "woff2", "font/woff": "woff", "image/png": "png", "image/svg+xml": "svg" };
  return {
    name: "files-for-data-urls",
    enforce: "post",
    generateBundle(_options, bundle) {
      for (const sheet of Object.values(bundle)) {
        if (sheet.type !== "asset" || !sheet.fileName.endsWith(".css")) continue;
        sheet.source = String(sheet.source).replace(
          /url\((["']?)data:([\w/+-]+);base64,([\w+/=]+)\1\)/g,
          (link, _quote, type, data) => {
            const extension = types[type];
            if (!extension) return link;
            const source = Buffer.from(data, "base64");
            const hash = createHash("sha256").update(source).digest("base64url").slice(0, 8);
            const fileName = `assets/inlined-${hash}.${extension}`;
            if (!bundle[fileName]) this.emitFile({ type: "asset", fileName, source });
            return `url(/${fileName})`;
          },
        );
      }
    },
  };
}

export default defineConfig({
  appType: "mpa",
  logLevel: "warn",
  plugins: [filesForDataUrls()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: { graphiql: "graphiql/index.html" },
      onLog(level, log, forward) {
        // React's server components mark: means nothing in a browser bundle.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") forward(level, log);
      },
    },
  },
  server: {
    proxy: { "/graphql": { target: "http://127.0.0.1:8000", ws: true } },
  },
});
