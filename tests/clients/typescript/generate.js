// Writes src/generated/graphql.ts from /schema.graphql and every document, as graphql-codegen's command would.
// Its command is left out: it brings four hundred packages to read a configuration file.
// The documents that GraphiQL offers are checked against the schema too, but nothing is generated for them.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as typescriptOperations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse, validate } from "graphql";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const root = join(here, "../../..");

function documentsOf(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".graphql"))
    .sort()
    .map((name) => ({ location: join(folder, name), document: parse(readFileSync(join(folder, name), "utf8")) }));
}

const sdl = readFileSync(process.argv[2] ?? join(root, "schema.graphql"), "utf8");
const schema = buildSchema(sdl);
const documents = documentsOf(join(here, "documents"));
const graphiql = join(root, "gateway/web/graphiql");
const offered = [...documentsOf(graphiql), ...documentsOf(join(graphiql, "examples"))];

let wrong = 0;
for (const { location, document } of [...documents, ...offered]) {
  for (const error of validate(schema, document)) {
    console.error(`${location}: ${error.message}`);
    wrong += 1;
  }
}
if (wrong > 0) process.exit(1);

const scalars = {
  ID: "string",
  Currency: "string",
  Date: "string",
  DateTime: "string",
  Decimal: "string",
  EmailAddress: "string",
  Int64: "string",
  JSON: "unknown",
  Locale: "string",
  TimeZone: "string",
  URL: "string",
};
const filename = join(here, "src/generated/graphql.ts");
const source = await codegen({
  filename,
  schema: parse(sdl),
  schemaAst: schema,
  documents,
  config: { scalars, defaultScalarType: "unknown", enumsAsTypes: true, useTypeImports: true, documentMode: "string", skipTypename: true },
  plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
  pluginMap: { typescriptOperations, typedDocumentNode },
});
mkdirSync(join(here, "src/generated"), { recursive: true });
writeFileSync(filename, source);
