/**
 * Serves every component and island with made-up data, under the same content security policy as the product.
 *
 *     npm run build && node dev/serve.mjs [port]
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { makeBoard } from "./board.mjs";
import { boardPage, componentsPage, signInPage } from "./pages.mjs";

const built = new URL("../../src/throughline/web/static/built/", import.meta.url).pathname;
const types = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const headers = { "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'" };

const routes = {
  "/": (assets) => componentsPage(assets),
  "/board": (assets) => boardPage(assets),
  "/sign-in": (assets) => signInPage(assets),
};

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (routes[pathname]) {
    response.writeHead(200, { ...headers, "Content-Type": "text/html; charset=utf-8" });
    response.end(routes[pathname](assets));
  } else if (pathname === "/board.json") {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(makeBoard(Number(searchParams.get("bars") ?? 5000))));
  } else {
    try {
      const body = readFileSync(join(built, pathname.replace("/static/built/", "").replaceAll("..", "")));
      response.writeHead(200, { "Content-Type": types[extname(pathname)] ?? "text/plain" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
}).listen(Number(process.argv[2] ?? 8123), "127.0.0.1", function () {
  console.log(`http://127.0.0.1:${this.address().port}/  /board  /sign-in`);
});

/** What {% asset %} writes. */
function assets(name) {
  const manifest = JSON.parse(readFileSync(join(built, "manifest.json"), "utf8"));
  const entry = Object.values(manifest).find((chunk) => chunk.isEntry && chunk.name === name);
  const all = [entry, ...(entry.imports ?? []).map((key) => manifest[key])];
  const styles = all.flatMap((chunk) => chunk.css ?? []);
  const kind = name === "theme" ? "" : ' type="module"';
  return [
    ...styles.map((file) => `<link rel="stylesheet" href="/static/built/${file}">`),
    `<script${kind} src="/static/built/${entry.file}"></script>`,
  ].join("\n");
}
