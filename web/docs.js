// The reference of the API, drawn from its own description.

import { el } from "/dom.js";
import { get } from "/api.js";

const place = document.getElementById("docs");

try {
  draw(await get("/openapi.json"));
} catch (error) {
  place.replaceChildren(el("p", { class: "notice" }, error.message || "The description cannot be loaded."));
}

function draw(description) {
  const tags = new Map();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "other";
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push(route(description, method, path, operation));
    }
  }
  const order = ["answers", "search", "verify", "collections", "documents", "health"];
  const rank = (tag) => (order.indexOf(tag) + order.length + 1) % (order.length + 1);
  const parts = [...tags].sort(([a], [b]) => rank(a) - rank(b));
  place.replaceChildren(
    el("p", { class: "lead" }, prose(description.info.description)),
    ...parts.flatMap(([tag, routes]) => [el("h2", {}, tag), ...routes]),
    el("h2", {}, "shapes"),
    ...Object.entries(description.components.schemas)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, schema]) => shape(description, name, schema)),
  );
  // A link to a shape opens it.
  const reveal = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target?.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  };
  window.addEventListener("hashchange", reveal);
  reveal();
}

/** What stands between backticks is code. */
function prose(text) {
  return (text ?? "").split("`").map((part, at) => (at % 2 ? el("code", { class: "inline" }, part) : part));
}

function route(description, method, path, operation) {
  const parameters = (operation.parameters ?? []).map((parameter) => [
    parameter.name,
    [parameter.in, parameter.required ? "" : "optional"].filter(Boolean).join(", "),
    prose(parameter.description),
  ]);
  const bodies = Object.entries(operation.requestBody?.content ?? {});
  const responses = Object.entries(operation.responses ?? {}).map(([status, response]) => [
    status,
    shapesOf(response.content),
    prose(response.description),
  ]);
  return el(
    "details",
    { class: "route" },
    el(
      "summary",
      {},
      el("span", { class: "method" }, method.toUpperCase()),
      el("span", { class: "path" }, path),
      el("span", { class: "quiet" }, operation.summary ?? ""),
    ),
    el(
      "div",
      {},
      operation.description && el("p", {}, prose(operation.description)),
      parameters.length > 0 && [el("h3", {}, "Parameters"), table(parameters)],
      bodies.map(([media, body]) => {
        const schema = resolve(description, body.schema);
        return [el("h3", {}, `Body: ${media}`), fields(schema), example(schema)];
      }),
      el("h3", {}, "Responses"),
      table(responses),
    ),
  );
}

function shape(description, name, schema) {
  return el(
    "details",
    { class: "route", id: `shape-${name}` },
    el("summary", {}, el("span", { class: "path" }, name), el("span", { class: "quiet" }, prose(schema.description))),
    el("div", {}, fields(schema, description)),
  );
}

function resolve(description, schema) {
  const name = schema?.$ref?.split("/").at(-1);
  return name ? description.components.schemas[name] : schema;
}

function fields(schema, description) {
  const parts = schema?.allOf ? schema.allOf.map((part) => resolve(description, part)) : [schema];
  const rows = parts.flatMap((part) =>
    Object.entries(part?.properties ?? {}).map(([name, property]) => [
      name,
      [typeOf(property), part.required?.includes(name) ? null : ", optional"],
      prose(property.description),
    ]),
  );
  return rows.length ? table(rows) : null;
}

function table(rows) {
  return el("table", { class: "fields" }, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell)))));
}

function shapesOf(content) {
  return Object.entries(content ?? {}).map(([media, body], at) => [
    at > 0 && ", ",
    typeOf(body.schema),
    media === "application/json" ? null : ` (${media})`,
  ]);
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    return el("a", { href: `#shape-${name}` }, name);
  }
  if (schema.oneOf) return schema.oneOf.flatMap((one, at) => [at > 0 && " or ", one.type === "null" ? "null" : typeOf(one)]);
  if (schema.type === "array") return ["list of ", typeOf(schema.items)];
  return Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "object");
}

function example(schema) {
  const shown = Object.fromEntries(
    Object.entries(schema?.properties ?? {})
      .map(([name, property]) => [name, property.example ?? property.examples?.[0]])
      .filter(([, value]) => value !== undefined),
  );
  return Object.keys(shown).length ? el("pre", {}, JSON.stringify(shown, null, 2)) : null;
}
