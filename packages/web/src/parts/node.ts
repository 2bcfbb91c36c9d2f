/** Path of the page that shows a lineage node (`kind:id`) or an entry; kinds without a page of their own are shown by their lineage. */
export function nodeHref(base: string, node: string): string {
  const at = node.indexOf(":");
  const kind = node.slice(0, at);
  const id = node.slice(at + 1);
  const [name = "", version] = id.split("@");
  if (kind === "entry") return `${base}/record/${id}`;
  if (kind === "run") return `${base}/runs/${id}`;
  if (kind === "release") return `${base}/releases/${id}`;
  if ((kind === "data" || kind === "model") && version !== undefined)
    return `${base}/${kind === "data" ? "data" : "models"}/${name}/${version}`;
  return `${base}/record/${node}`;
}

/** `run:c9d80a6c21e2…` as `run c9d80a6c`; names and versions whole. */
export function nodeLabel(node: string): string {
  const at = node.indexOf(":");
  const id = node.slice(at + 1);
  return `${node.slice(0, at)} ${/^[0-9a-f]{32,}$/.test(id) ? id.slice(0, 8) : /^[0-9A-Z]{26}$/.test(id) ? id.slice(-6) : id}`;
}
